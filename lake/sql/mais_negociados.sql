-- title: Mais negociados do mercado à vista
-- The twenty shares with the most traded value on the latest session that has prices, round and odd lots together: their share of the whole cash market in percent with 3 decimals, and their weight in the index, if they are in it.
-- For an earlier session, put its date in place of 9999-12-31.
WITH pregao AS (
  SELECT max(data_pregao) AS data_pregao
  FROM "negociacao$partitions"
  WHERE data_pregao <= DATE '9999-12-31'
)
SELECT
  n.data_pregao,
  row_number() OVER (ORDER BY n.valor_total DESC, n.codigo) AS posicao,
  n.codigo,
  coalesce(m.nome_empresa, n.nome_resumido) AS nome_empresa,
  n.valor_total,
  n.quantidade,
  n.qtd_titulos,
  n.preco_medio,
  CAST(100e0 * n.valor_total / nullif(sum(n.valor_total) OVER (), 0) AS decimal(6, 3)) AS participacao_no_volume,
  m.participacao
FROM negociacao AS n
INNER JOIN pregao AS p ON n.data_pregao = p.data_pregao
LEFT JOIN indice_membro AS m ON m.indice = 'IBOV' AND m.data_pregao = n.data_pregao AND m.codigo = n.codigo
WHERE n.data_pregao <= DATE '9999-12-31'
ORDER BY posicao
LIMIT 20
