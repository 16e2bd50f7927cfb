-- title: Peso por setor ao longo do tempo
-- Each sector's weight on every session, for charts.
-- To stop at an earlier session, put its date in place of 9999-12-31.
SELECT
  data_pregao,
  setor,
  sum(participacao) AS participacao
FROM carteira_setor
WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
GROUP BY data_pregao, setor
ORDER BY data_pregao, setor
