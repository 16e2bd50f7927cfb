-- title: Maiores altas e baixas no período
-- How far each member of the index went from the first to the last close of the span, in percent with 3 decimals, largest rise first; prices are as traded, without dividends or splits. A renamed share is one series.
-- The span is from the date in place of 1900-01-01 to the one in place of 9999-12-31; as it is, all that the lake has.
SELECT
  codigo_atual,
  max_by(nome_empresa, data_pregao) AS nome_empresa,
  min(data_pregao) AS de,
  max(data_pregao) AS ate,
  min_by(preco_fechamento, data_pregao) AS primeiro_fechamento,
  max_by(preco_fechamento, data_pregao) AS ultimo_fechamento,
  CAST(
    100e0 * (max_by(preco_fechamento, data_pregao) / CAST(min_by(preco_fechamento, data_pregao) AS double) - 1)
    AS decimal(12, 3)
  ) AS variacao
FROM indice_membro
WHERE indice = 'IBOV' AND preco_fechamento > 0 AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
GROUP BY codigo_atual
HAVING count(*) > 1
ORDER BY variacao DESC, codigo_atual
LIMIT 500
