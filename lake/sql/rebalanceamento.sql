-- title: Dias desde o rebalanceamento
-- For each session: since when the portfolio is in force, how many days ago that was, its members, their theoretical quantity and the index's divisor. Latest first.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT
  d.data_pregao,
  d.inicio_vigencia,
  d.dias_desde_rebalanceamento,
  d.papeis,
  sum(m.quantidade_teorica) AS quantidade_teorica,
  d.redutor
FROM indice_diario AS d
INNER JOIN indice_membro AS m ON m.indice = d.indice AND m.data_pregao = d.data_pregao
WHERE d.indice = 'IBOV' AND d.data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
GROUP BY d.data_pregao, d.inicio_vigencia, d.dias_desde_rebalanceamento, d.papeis, d.redutor
ORDER BY d.data_pregao DESC
LIMIT 5000
