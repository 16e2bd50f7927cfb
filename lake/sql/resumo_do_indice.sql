-- title: Resumo do índice
-- The session in one row: level in points, members, the index's return by its members' contributions and by its level, concentration, traded value; returns in percent with 6 decimals. hhi is the sum of the squared weights, dez_maiores the weight of the ten largest.
-- residuo is what the contributions don't explain: dividends and other events that the redutor absorbs, members without a return (sem_negocio), weights rounded to 3 decimals. cobertura is the weight that has a return. The level is unknown without every member's price, retorno_indice without the portfolio of the session before.
-- No rows while the session has no prices. For an earlier session, put its date in place of 9999-12-31.
SELECT
  data_pregao, pregao_anterior, papeis, sem_negocio, retorno_aproximado, retorno_indice, residuo, hhi, dez_maiores,
  valor_total, subiram, cairam, estaveis, nivel, cobertura
FROM (
  SELECT *
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  ORDER BY data_pregao DESC
  LIMIT 1
) AS ultimo
WHERE valor_total IS NOT NULL
