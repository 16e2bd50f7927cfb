-- title: Variação de pesos entre dois pregões
-- How each ticker's weight moved between the two latest sessions, in percentage points; entries count from zero, exits to zero.
-- For earlier sessions, put the later one's date in place of 9999-12-31.
WITH pregoes AS (
  SELECT
    data_pregao,
    row_number() OVER (ORDER BY data_pregao DESC) AS n
  FROM (
    SELECT DISTINCT data_pregao
    FROM carteira_setor
    WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  ) AS d
),
depois AS (
  SELECT c.data_pregao, c.codigo, c.nome_empresa, c.participacao
  FROM carteira AS c
  INNER JOIN pregoes AS p ON c.data_pregao = p.data_pregao
  WHERE c.indice = 'IBOV' AND p.n = 1
),
antes AS (
  SELECT c.data_pregao, c.codigo, c.nome_empresa, c.participacao
  FROM carteira AS c
  INNER JOIN pregoes AS p ON c.data_pregao = p.data_pregao
  WHERE c.indice = 'IBOV' AND p.n = 2
)
SELECT
  coalesce(d.codigo, a.codigo) AS codigo,
  coalesce(d.nome_empresa, a.nome_empresa) AS nome_empresa,
  (SELECT data_pregao FROM pregoes WHERE n = 2) AS pregao_anterior,
  (SELECT data_pregao FROM pregoes WHERE n = 1) AS pregao_atual,
  coalesce(a.participacao, 0) AS participacao_anterior,
  coalesce(d.participacao, 0) AS participacao_atual,
  coalesce(d.participacao, 0) - coalesce(a.participacao, 0) AS variacao
FROM depois AS d
FULL OUTER JOIN antes AS a ON d.codigo = a.codigo
WHERE (SELECT count(*) FROM pregoes) > 1
ORDER BY abs(coalesce(d.participacao, 0) - coalesce(a.participacao, 0)) DESC, codigo
