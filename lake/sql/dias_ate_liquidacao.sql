-- title: Dias até a liquidação
-- The ten latest sessions that have prices: when their trades settle, how many calendar days that takes, and what was traded in the cash market.
-- To stop at an earlier session, put its date in place of 9999-12-31.
WITH pregoes AS (
  SELECT DISTINCT data_pregao
  FROM "negociacao$partitions"
  WHERE data_pregao <= DATE '9999-12-31'
  ORDER BY data_pregao DESC
  LIMIT 10
)
SELECT
  n.data_pregao,
  n.data_liquidacao,
  n.dias_ate_liquidacao,
  CAST(sum(n.valor_total) AS decimal(18, 2)) AS valor_total
FROM negociacao AS n
INNER JOIN pregoes AS p ON n.data_pregao = p.data_pregao
WHERE n.data_pregao <= DATE '9999-12-31'
GROUP BY n.data_pregao, n.moeda, n.data_liquidacao, n.dias_ate_liquidacao
ORDER BY n.data_pregao DESC
