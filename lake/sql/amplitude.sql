-- title: Amplitude do mercado
-- How many of the index's members rose, fell, did not move, and have no return on each session, latest first; sessions without prices are left out.
-- To stop at an earlier session, put its date in place of 9999-12-31; to begin later, the first session wanted in place of 1900-01-01.
SELECT data_pregao, papeis, subiram, cairam, estaveis, sem_negocio
FROM indice_diario
WHERE indice = 'IBOV' AND valor_total IS NOT NULL AND data_pregao BETWEEN DATE '1900-01-01' AND DATE '9999-12-31'
ORDER BY data_pregao DESC
LIMIT 1000
