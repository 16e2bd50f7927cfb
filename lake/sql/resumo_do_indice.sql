-- title: Resumo do índice
-- The session in one row: members, the index's return approximated by their contributions and computed from its level (quantities times closes, by the redutor, each session with its own portfolio), concentration, traded value; returns in percent with 6 decimals.
-- residuo is what the contributions don't explain: corporate events that the redutor absorbs (a dividend lowers the price, not the index), members without a return (sem_negocio: no trade on the session, or no close in the ten days before), weights rounded to 3 decimals. retorno_indice is unknown without the portfolio of the session before, or without every member's price.
-- hhi is the sum of the squared weights (0 to 10,000), dez_maiores the weight of the ten largest. A price is the last close in the ten days before, under the ticker that the share had then.
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
),
anteriores AS (
  SELECT c.data_pregao, c.quantidade_teorica, c.redutor, p.preco_anterior
  FROM janela AS j
  INNER JOIN carteira AS c ON c.data_pregao = j.data_pregao
  LEFT JOIN precos AS p ON contains(p.codigos, c.codigo) OR p.codigo_atual = c.codigo
  WHERE j.data_pregao = j.mercado_anterior AND c.indice = 'IBOV'
    AND c.data_pregao <= DATE '9999-12-31' AND c.data_pregao >= DATE '1900-01-01'
),
nivel_anterior AS (
  SELECT
    CASE
      WHEN count(*) = count(preco_anterior)
        THEN CAST(sum(quantidade_teorica * preco_anterior) * 100000000 AS decimal(38, 8))
          / CAST(max(redutor) * 100000000 AS decimal(30, 0))
    END AS nivel
  FROM anteriores
),
nivel AS (
  SELECT
    CASE
      WHEN count(*) = count(coalesce(preco_fechamento, preco_anterior))
        THEN CAST(sum(quantidade_teorica * coalesce(preco_fechamento, preco_anterior)) * 100000000 AS decimal(38, 8))
          / CAST(max(redutor) * 100000000 AS decimal(30, 0))
    END AS nivel
  FROM membros
),
retorno_do_indice AS (
  SELECT
    CAST(
      CAST((n.nivel - a.nivel) * 10000000000 AS decimal(38, 6)) / CAST(nullif(a.nivel, 0) * 100000000 AS decimal(38, 0))
      AS decimal(18, 6)
    ) AS retorno
  FROM nivel AS n
  CROSS JOIN nivel_anterior AS a
),
ordenados AS (
  SELECT membros.*, row_number() OVER (ORDER BY participacao DESC, codigo) AS posicao
  FROM membros
)
SELECT
  m.data_pregao,
  (
    SELECT max(mercado_anterior) FROM janela WHERE mercado_anterior >= coalesce(carteira_anterior, mercado_anterior)
  ) AS pregao_anterior,
  count(*) AS papeis,
  count(*) - count(m.retorno) AS sem_negocio,
  CAST(sum(m.contribuicao) AS decimal(18, 6)) AS retorno_aproximado,
  max(r.retorno) AS retorno_indice,
  CAST(max(r.retorno) - sum(m.contribuicao) AS decimal(18, 6)) AS residuo,
  CAST(sum(CAST(m.participacao AS decimal(19, 3)) * m.participacao) AS decimal(12, 6)) AS hhi,
  CAST(sum(CASE WHEN m.posicao <= 10 THEN m.participacao END) AS decimal(9, 3)) AS dez_maiores,
  CAST(sum(m.valor_total) AS decimal(18, 2)) AS valor_total,
  sum(CASE WHEN m.retorno > 0 THEN 1 ELSE 0 END) AS subiram,
  sum(CASE WHEN m.retorno < 0 THEN 1 ELSE 0 END) AS cairam,
  sum(CASE WHEN m.retorno = 0 THEN 1 ELSE 0 END) AS estaveis
FROM ordenados AS m
CROSS JOIN retorno_do_indice AS r
GROUP BY m.data_pregao
