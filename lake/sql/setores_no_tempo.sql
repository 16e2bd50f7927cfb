-- title: Peso por setor ao longo do tempo
-- Each sector's weight on every session, for charts.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT data_pregao, setor, CAST(sum(participacao) AS decimal(9, 3)) AS participacao
FROM indice_membro
WHERE indice = 'IBOV' AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
GROUP BY data_pregao, setor
ORDER BY data_pregao, setor
LIMIT 100000
