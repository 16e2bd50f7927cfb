-- title: Dias desde o rebalanceamento
-- For each session: since when the portfolio is in force, how many days ago that was, and how fresh the capture is.
-- To stop at an earlier session, put its date in place of 9999-12-31; to read less of the portfolio's many small files, the first session wanted in place of 1900-01-01.
SELECT
  data_pregao,
  inicio_vigencia,
  dias_desde_rebalanceamento,
  dias_entre_coleta_e_pregao,
  count(*) AS papeis,
  sum(quantidade_teorica) AS quantidade_teorica,
  max(redutor) AS redutor
FROM carteira
WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31' AND data_pregao >= DATE '1900-01-01'
GROUP BY data_pregao, inicio_vigencia, dias_desde_rebalanceamento, dias_entre_coleta_e_pregao
ORDER BY data_pregao DESC
