-- title: Quem entrou e quem saiu
-- Tickers that entered or left the index between consecutive sessions of the lake, latest first.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
WITH pregoes AS (
  SELECT data_pregao, lag(data_pregao) OVER (ORDER BY data_pregao) AS anterior, lead(data_pregao) OVER (ORDER BY data_pregao) AS seguinte
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
),
membros AS (
  SELECT m.data_pregao, m.codigo, m.nome_empresa, m.participacao, p.anterior, p.seguinte
  FROM indice_membro AS m
  INNER JOIN pregoes AS p ON m.data_pregao = p.data_pregao
  WHERE m.indice = 'IBOV'
)
SELECT m.data_pregao, 'entrou' AS movimento, m.codigo, m.nome_empresa, m.participacao
FROM membros AS m
LEFT JOIN membros AS a ON a.data_pregao = m.anterior AND a.codigo = m.codigo
WHERE m.anterior IS NOT NULL AND a.codigo IS NULL
UNION ALL
SELECT m.seguinte AS data_pregao, 'saiu' AS movimento, m.codigo, m.nome_empresa, m.participacao
FROM membros AS m
LEFT JOIN membros AS s ON s.data_pregao = m.seguinte AND s.codigo = m.codigo
WHERE m.seguinte IS NOT NULL AND s.codigo IS NULL
ORDER BY data_pregao DESC, movimento, codigo
LIMIT 1000
