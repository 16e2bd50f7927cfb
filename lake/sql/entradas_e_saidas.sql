-- title: Quem entrou e quem saiu
-- Tickers that entered or left the index between consecutive sessions of the lake, latest first.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
WITH pregoes AS (
  SELECT data_pregao, row_number() OVER em_ordem AS n, lead(data_pregao) OVER em_ordem AS seguinte
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
  WINDOW em_ordem AS (ORDER BY data_pregao)
),
membros AS (
  SELECT
    m.data_pregao, m.codigo, m.nome_empresa, m.participacao, p.n, p.seguinte,
    lag(p.n) OVER (PARTITION BY m.codigo ORDER BY p.n) AS antes,
    lead(p.n) OVER (PARTITION BY m.codigo ORDER BY p.n) AS depois
  FROM indice_membro AS m
  INNER JOIN pregoes AS p ON m.data_pregao = p.data_pregao
  WHERE m.indice = 'IBOV'
)
SELECT CASE movimento WHEN 'saiu' THEN seguinte ELSE data_pregao END AS data_pregao, movimento, codigo, nome_empresa, participacao
FROM membros
CROSS JOIN (VALUES 'entrou', 'saiu') AS movimentos (movimento)
WHERE (movimento = 'entrou' AND n > 1 AND coalesce(antes, 0) < n - 1)
  OR (movimento = 'saiu' AND seguinte IS NOT NULL AND coalesce(depois, n + 2) > n + 1)
ORDER BY data_pregao DESC, movimento, codigo
LIMIT 1000
