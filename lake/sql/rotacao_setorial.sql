-- title: Rotação setorial
-- Each sector's weight at the end of each month, in percent, how far it moved since the month before, in percentage points, and what the sector contributed to the index in the month, in percentage points. Latest month first.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
WITH sessoes AS (
  SELECT date_trunc('month', data_pregao) AS mes, data_pregao, setor, sum(participacao) AS peso, sum(contribuicao) AS contribuicao
  FROM indice_membro
  WHERE indice = 'IBOV' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
  GROUP BY data_pregao, setor
),
meses AS (
  SELECT mes, setor, max_by(peso, data_pregao) AS peso, sum(contribuicao) AS contribuicao
  FROM sessoes
  GROUP BY mes, setor
)
SELECT
  CAST(mes AS date) AS mes,
  setor,
  CAST(peso AS decimal(9, 3)) AS participacao,
  CAST(peso - lag(peso) OVER (PARTITION BY setor ORDER BY mes) AS decimal(9, 3)) AS variacao,
  CAST(contribuicao AS decimal(18, 6)) AS contribuicao
FROM meses
ORDER BY mes DESC, participacao DESC, setor
LIMIT 2000
