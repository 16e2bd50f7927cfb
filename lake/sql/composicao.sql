-- title: Composição do índice
-- The index on its latest session: every ticker with its weight and theoretical quantity, heaviest first.
-- For an earlier session, put its date in place of 9999-12-31; for another index, its code in place of IBOV.
WITH pregao AS (
  SELECT max(data_pregao) AS data_pregao
  FROM carteira_setor
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
SELECT
  c.data_pregao,
  c.codigo,
  c.nome_empresa,
  c.classe,
  c.evento,
  c.listagem,
  c.setor,
  c.quantidade_teorica,
  c.participacao
FROM carteira AS c
INNER JOIN pregao AS p ON c.data_pregao = p.data_pregao
WHERE c.indice = 'IBOV'
ORDER BY c.participacao DESC, c.codigo
