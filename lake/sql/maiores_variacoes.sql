-- title: Maiores variações do pregão
-- The members of the index that traded on the session, by how far their close moved from the one before, up or down; retorno is in percent, with 6 decimals.
-- preco_anterior is the share's last close in the ten days before, under the ticker that it had then. No rows while the session has no prices. For an earlier session, put its date in place of 9999-12-31.
WITH pregao AS (
  SELECT max(data_pregao) AS data_pregao
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
SELECT
  m.data_pregao,
  row_number() OVER (ORDER BY abs(m.retorno) DESC NULLS LAST, m.codigo) AS posicao,
  m.codigo,
  m.nome_empresa,
  m.setor,
  m.participacao,
  m.preco_anterior,
  m.preco_fechamento,
  m.retorno,
  m.valor_total
FROM indice_membro AS m
INNER JOIN pregao AS p ON m.data_pregao = p.data_pregao
WHERE m.indice = 'IBOV' AND m.preco_fechamento IS NOT NULL
ORDER BY posicao
LIMIT 500
