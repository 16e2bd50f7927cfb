-- title: Mapa setorial
-- Each sector's return on the session (of its members that have one, by weight) and its contribution to the index, in percent with 6 decimals; how many rose and fell, and what was traded in its members.
-- No rows while the session has no prices. For an earlier session, put its date in place of 9999-12-31.
WITH pregao AS (
  SELECT data_pregao, valor_total
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  ORDER BY data_pregao DESC
  LIMIT 1
)
SELECT
  m.data_pregao,
  m.setor,
  count(*) AS papeis,
  CAST(sum(m.participacao) AS decimal(9, 3)) AS participacao,
  CAST(100 * sum(m.contribuicao) / sum(CASE WHEN m.retorno IS NOT NULL THEN m.participacao END) AS decimal(18, 6)) AS retorno,
  CAST(sum(m.contribuicao) AS decimal(18, 6)) AS contribuicao,
  count(CASE WHEN m.retorno > 0 THEN 1 END) AS subiram,
  count(CASE WHEN m.retorno < 0 THEN 1 END) AS cairam,
  CAST(sum(m.valor_total) AS decimal(18, 2)) AS valor_total
FROM indice_membro AS m
INNER JOIN pregao AS p ON m.data_pregao = p.data_pregao
WHERE m.indice = 'IBOV' AND p.valor_total IS NOT NULL
GROUP BY m.data_pregao, m.setor
ORDER BY participacao DESC, m.setor
LIMIT 100
