-- title: Dez maiores pesos ao longo do tempo
-- The weight on every session of each of the ten that are the heaviest on the latest one, in percent, oldest session first; a session without one of them has no row of it. A renamed share is one series: codigo_atual is its ticker of today, codigo that of the session.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
WITH ultimo AS (
  SELECT max(data_pregao) AS data_pregao
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
),
maiores AS (
  SELECT m.codigo_atual
  FROM indice_membro AS m
  INNER JOIN ultimo AS u ON m.data_pregao = u.data_pregao
  WHERE m.indice = 'IBOV'
  ORDER BY m.participacao DESC, m.codigo
  LIMIT 10
)
SELECT m.data_pregao, m.codigo_atual, m.codigo, m.participacao
FROM indice_membro AS m
INNER JOIN maiores AS t ON m.codigo_atual = t.codigo_atual
WHERE m.indice = 'IBOV' AND m.data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
ORDER BY m.data_pregao, m.participacao DESC, m.codigo
LIMIT 30000
