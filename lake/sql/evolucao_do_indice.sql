-- title: Evolução do índice
-- The index's level in points (2 decimals) on each session, latest first, and how far it is from its level 1, 5, 21 and 252 sessions before, in percent with 3 decimals; sessions are those whose level is known.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT
  data_pregao,
  CAST(nivel AS decimal(18, 2)) AS nivel,
  CAST(100e0 * (nivel / lag(nivel, 1) OVER sessoes - 1) AS decimal(12, 3)) AS variacao_1,
  CAST(100e0 * (nivel / lag(nivel, 5) OVER sessoes - 1) AS decimal(12, 3)) AS variacao_5,
  CAST(100e0 * (nivel / lag(nivel, 21) OVER sessoes - 1) AS decimal(12, 3)) AS variacao_21,
  CAST(100e0 * (nivel / lag(nivel, 252) OVER sessoes - 1) AS decimal(12, 3)) AS variacao_252
FROM (
  SELECT data_pregao, CAST(nivel AS double) AS nivel
  FROM indice_diario
  WHERE indice = 'IBOV' AND nivel IS NOT NULL AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
) AS niveis
WINDOW sessoes AS (ORDER BY data_pregao)
ORDER BY data_pregao DESC
LIMIT 1000
