-- title: Peso por setor
-- The sectors of the index on its latest session: weight, number of tickers, and the weight of each share class.
-- For an earlier session, put its date in place of 9999-12-31.
WITH pregao AS (
  SELECT max(data_pregao) AS data_pregao
  FROM carteira_setor
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
SELECT
  s.data_pregao,
  s.setor,
  sum(s.participacao) AS participacao,
  sum(s.papeis) AS papeis,
  sum(CASE WHEN s.classe = 'ON' THEN s.participacao ELSE 0 END) AS participacao_on,
  sum(CASE WHEN s.classe LIKE 'PN%' THEN s.participacao ELSE 0 END) AS participacao_pn,
  sum(CASE WHEN s.classe = 'UNT' THEN s.participacao ELSE 0 END) AS participacao_unt
FROM carteira_setor AS s
INNER JOIN pregao AS p ON s.data_pregao = p.data_pregao
WHERE s.indice = 'IBOV'
GROUP BY s.data_pregao, s.setor
ORDER BY participacao DESC, s.setor
