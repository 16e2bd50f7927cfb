-- title: Peso por setor
-- The sectors of the index on its latest session: weight, number of tickers, and the weight of each share class.
-- For an earlier session, put its date in place of 9999-12-31.
SELECT
  data_pregao,
  setor,
  CAST(sum(participacao) AS decimal(9, 3)) AS participacao,
  count(*) AS papeis,
  CAST(sum(CASE WHEN classe = 'ON' THEN participacao ELSE 0 END) AS decimal(9, 3)) AS participacao_on,
  CAST(sum(CASE WHEN classe LIKE 'PN%' THEN participacao ELSE 0 END) AS decimal(9, 3)) AS participacao_pn,
  CAST(sum(CASE WHEN classe = 'UNT' THEN participacao ELSE 0 END) AS decimal(9, 3)) AS participacao_unt
FROM indice_membro
WHERE indice = 'IBOV' AND data_pregao = (
  SELECT max(data_pregao) FROM indice_diario WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
GROUP BY data_pregao, setor
ORDER BY participacao DESC, setor
LIMIT 100
