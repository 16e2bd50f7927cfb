-- title: Dez maiores pesos
-- The ten heaviest tickers on the latest session, and what share of the index they make together.
-- For an earlier session, put its date in place of 9999-12-31 (and of 1900-01-01, to read less).
WITH pregao AS (
  SELECT max(data_pregao) AS data_pregao
  FROM carteira_setor
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
SELECT
  c.data_pregao,
  row_number() OVER (ORDER BY c.participacao DESC, c.codigo) AS posicao,
  c.codigo,
  c.nome_empresa,
  c.setor,
  c.participacao,
  sum(c.participacao) OVER (ORDER BY c.participacao DESC, c.codigo ROWS UNBOUNDED PRECEDING) AS acumulado
FROM carteira AS c
INNER JOIN pregao AS p ON c.data_pregao = p.data_pregao
WHERE c.indice = 'IBOV' AND c.data_pregao <= DATE '9999-12-31' AND c.data_pregao >= DATE '1900-01-01'
ORDER BY posicao
LIMIT 10
