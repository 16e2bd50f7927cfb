-- title: Contribuição de cada papel
-- How much of the index's move each member made on the session, in percentage points with 6 decimals: its weight, which the session's portfolio states at the close before, times its return. Largest first; without a trade, or the prices of the session before, there is none.
-- No rows while the session has no prices. For an earlier session, put its date in place of 9999-12-31.
WITH pregao AS (
  SELECT data_pregao, valor_total
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  ORDER BY data_pregao DESC
  LIMIT 1
)
SELECT m.data_pregao, m.codigo, m.nome_empresa, m.setor, m.participacao, m.retorno, m.contribuicao
FROM indice_membro AS m
INNER JOIN pregao AS p ON m.data_pregao = p.data_pregao
WHERE m.indice = 'IBOV' AND p.valor_total IS NOT NULL
ORDER BY abs(m.contribuicao) DESC NULLS LAST, m.codigo
LIMIT 500
