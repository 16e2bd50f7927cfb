-- title: Maiores variações do pregão
-- The members of the index that traded on the session, by how far their close moved from the one before, up or down; retorno is in percent, with 6 decimals.
-- preco_anterior is the share's last close in the ten days before, under the ticker that it had then; without the prices of the session before, or without a trade on the session, there is no return.
-- No rows while the session has no prices. For an earlier session, put its date in place of 9999-12-31, and the day ten days before it in place of 1900-01-01.
WITH pregao AS (
  SELECT
    max(data_pregao) AS data_pregao,
    max(CASE WHEN n = 2 THEN data_pregao END) AS carteira_anterior
  FROM (
    SELECT data_pregao, row_number() OVER (ORDER BY data_pregao DESC) AS n
    FROM (
      SELECT DISTINCT data_pregao
      FROM carteira_setor
      WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
    ) AS d
  ) AS o
),
janela AS (
  SELECT
    n.data_pregao,
    p.data_pregao AS pregao,
    p.carteira_anterior,
    max(CASE WHEN n.data_pregao < p.data_pregao THEN n.data_pregao END) OVER () AS mercado_anterior
  FROM (
    SELECT DISTINCT data_pregao
    FROM "negociacao$partitions"
    WHERE data_pregao <= DATE '9999-12-31'
  ) AS n
  INNER JOIN pregao AS p ON n.data_pregao BETWEEN p.data_pregao - INTERVAL '10' DAY AND p.data_pregao
),
precos AS (
  SELECT
    n.codigo_atual,
    array_agg(DISTINCT n.codigo) AS codigos,
    max(CASE WHEN n.data_pregao = j.pregao THEN n.preco_fechamento END) AS preco_fechamento,
    max_by(n.preco_fechamento, n.data_pregao) FILTER (
      WHERE n.data_pregao < j.pregao
        AND n.preco_fechamento IS NOT NULL
        AND j.mercado_anterior >= coalesce(j.carteira_anterior, j.mercado_anterior)
    ) AS preco_anterior,
    sum(CASE WHEN n.data_pregao = j.pregao THEN n.valor_total END) AS valor_total
  FROM negociacao_continua AS n
  INNER JOIN janela AS j ON n.data_pregao = j.data_pregao
  WHERE n.data_pregao <= DATE '9999-12-31' AND n.data_pregao >= DATE '1900-01-01'
  GROUP BY n.codigo_atual
),
papeis AS (
  SELECT
    c.data_pregao,
    c.codigo,
    c.nome_empresa,
    c.setor,
    c.quantidade_teorica,
    c.redutor,
    c.participacao,
    p.preco_anterior,
    p.preco_fechamento,
    CAST(p.valor_total AS decimal(18, 2)) AS valor_total,
    CAST(
      CAST(CAST(p.preco_fechamento - p.preco_anterior AS decimal(19, 8)) * 10000000000 AS decimal(38, 6))
        / CAST(CAST(nullif(p.preco_anterior, 0) AS decimal(28, 8)) * 100000000 AS decimal(20, 0))
      AS decimal(18, 6)
    ) AS retorno
  FROM janela AS j
  INNER JOIN carteira AS c ON c.data_pregao = j.data_pregao
  LEFT JOIN precos AS p ON contains(p.codigos, c.codigo) OR p.codigo_atual = c.codigo
  WHERE j.data_pregao = j.pregao AND c.indice = 'IBOV'
    AND c.data_pregao <= DATE '9999-12-31' AND c.data_pregao >= DATE '1900-01-01'
),
membros AS (
  SELECT
    papeis.*,
    CAST(CAST(participacao AS decimal(9, 3)) * CAST(retorno AS decimal(27, 6)) * 0.01 AS decimal(18, 6)) AS contribuicao
  FROM papeis
)
SELECT
  data_pregao,
  row_number() OVER (ORDER BY abs(retorno) DESC NULLS LAST, codigo) AS posicao,
  codigo,
  nome_empresa,
  setor,
  participacao,
  preco_anterior,
  preco_fechamento,
  retorno,
  valor_total
FROM membros
WHERE preco_fechamento IS NOT NULL
ORDER BY posicao
