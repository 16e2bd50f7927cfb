-- title: Volatilidade dos papéis
-- How much each member of the index swings: the deviation of its daily returns over the span, a year's (times the root of 252), in percent with 3 decimals; beside it the mean return, the worst and the best session. At least 21 returns.
-- The span is from the date in place of 1900-01-01 to the one in place of 9999-12-31; as it is, all that the lake has.
SELECT
  codigo_atual,
  max_by(nome_empresa, data_pregao) AS nome_empresa,
  count(retorno) AS pregoes,
  CAST(stddev_samp(CAST(retorno AS double)) * sqrt(252) AS decimal(12, 3)) AS volatilidade_anual,
  CAST(avg(CAST(retorno AS double)) AS decimal(12, 3)) AS retorno_medio,
  CAST(min(retorno) AS decimal(12, 3)) AS pior_retorno,
  CAST(max(retorno) AS decimal(12, 3)) AS melhor_retorno
FROM indice_membro
WHERE indice = 'IBOV' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
GROUP BY codigo_atual
HAVING count(retorno) >= 21
ORDER BY volatilidade_anual DESC, codigo_atual
LIMIT 500
