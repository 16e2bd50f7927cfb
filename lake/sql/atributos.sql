-- title: Atributos para modelos
-- A row for each share (ticker of today) and session with a close, made only of what was known at that close. For an earlier session, put its date in place of 9999-12-31; to read less, the first session wanted in place of 1900-01-01.
-- retorno_k: logarithm of the close over the last known k to k + 9 sessions before. volatilidade_21: deviation of retorno_1 over 21 sessions. volume_z_21: logarithm of valor_total among those of the 21 sessions before. Both need 15 observations; a session without a trade is none.
-- participacao: weight in the session's own portfolio, 0 outside of it, NULL where the lake has none. variacao_participacao: since the portfolio before. dias_desde_rebalanceamento: calendar days.
-- Prices are as traded: a dividend or a split shows as a return, evento (ED, EJ, EB, …) says when. Weights and prices are exact, logarithms and deviations doubles rounded to 10 decimals.
WITH sessoes AS (
  SELECT data_pregao, row_number() OVER (ORDER BY data_pregao) AS n
  FROM (
    SELECT DISTINCT data_pregao
    FROM "negociacao$partitions"
    WHERE data_pregao <= DATE '9999-12-31' AND data_pregao >= DATE '1900-01-01' - INTERVAL '90' DAY
  ) AS d
),
negocios AS (
  SELECT
    s.n,
    t.data_pregao,
    t.codigo_atual,
    t.codigo,
    CASE
      WHEN trim(substr(t.especificacao, 5, 3)) NOT IN ('', 'M2', 'MA', 'MB', 'N1', 'N2', 'NM')
        THEN trim(substr(t.especificacao, 5, 3))
    END AS evento,
    t.preco_fechamento,
    CAST(t.preco_fechamento AS double) AS preco,
    ln(CAST(nullif(t.valor_total, 0) AS double)) AS volume,
    row_number() OVER (
      PARTITION BY t.codigo_atual, t.data_pregao
      ORDER BY t.valor_total DESC, t.codigo
    ) AS ordem
  FROM negociacao_continua AS t
  INNER JOIN sessoes AS s ON t.data_pregao = s.data_pregao
  WHERE t.data_pregao <= DATE '9999-12-31'
    AND t.data_pregao >= DATE '1900-01-01' - INTERVAL '90' DAY
    AND t.preco_fechamento > 0
),
anteriores AS (
  SELECT
    n,
    data_pregao,
    codigo_atual,
    codigo,
    evento,
    preco_fechamento,
    preco,
    volume,
    last_value(codigo) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 10 PRECEDING AND 1 PRECEDING
    ) AS codigo_anterior,
    last_value(preco) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 10 PRECEDING AND 1 PRECEDING
    ) AS preco_1,
    last_value(preco) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 14 PRECEDING AND 5 PRECEDING
    ) AS preco_5,
    last_value(preco) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 30 PRECEDING AND 21 PRECEDING
    ) AS preco_21
  FROM negocios
  WHERE ordem = 1
),
retornos AS (
  SELECT
    anteriores.*,
    ln(preco / preco_1) AS retorno_1,
    ln(preco / preco_5) AS retorno_5,
    ln(preco / preco_21) AS retorno_21
  FROM anteriores
),
janelas AS (
  SELECT
    retornos.*,
    count(retorno_1) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 20 PRECEDING AND CURRENT ROW
    ) AS retornos_21,
    stddev_samp(retorno_1) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 20 PRECEDING AND CURRENT ROW
    ) AS desvio_do_retorno,
    count(volume) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 21 PRECEDING AND 1 PRECEDING
    ) AS volumes_21,
    avg(volume) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 21 PRECEDING AND 1 PRECEDING
    ) AS volume_medio,
    stddev_samp(volume) OVER (
      PARTITION BY codigo_atual ORDER BY n RANGE BETWEEN 21 PRECEDING AND 1 PRECEDING
    ) AS desvio_do_volume
  FROM retornos
),
pesos AS (
  SELECT data_pregao, codigo, participacao, dias_desde_rebalanceamento
  FROM indice_membro
  WHERE indice = 'IBOV'
    AND data_pregao <= DATE '9999-12-31'
    AND data_pregao >= DATE '1900-01-01' - INTERVAL '90' DAY
),
carteiras AS (
  SELECT
    data_pregao,
    lag(data_pregao) OVER (ORDER BY data_pregao) AS carteira_anterior,
    dias_desde_rebalanceamento
  FROM (
    SELECT data_pregao, max(dias_desde_rebalanceamento) AS dias_desde_rebalanceamento
    FROM pesos
    GROUP BY data_pregao
  ) AS d
)
SELECT
  j.data_pregao,
  j.codigo_atual,
  j.codigo,
  j.evento,
  j.preco_fechamento,
  CAST(j.retorno_1 AS decimal(18, 10)) AS retorno_1,
  CAST(j.retorno_5 AS decimal(18, 10)) AS retorno_5,
  CAST(j.retorno_21 AS decimal(18, 10)) AS retorno_21,
  CASE WHEN j.retornos_21 >= 15 THEN CAST(j.desvio_do_retorno AS decimal(18, 10)) END AS volatilidade_21,
  CASE
    WHEN j.volumes_21 >= 15 AND j.desvio_do_volume > 1e-9
      THEN CAST((j.volume - j.volume_medio) / j.desvio_do_volume AS decimal(24, 10))
  END AS volume_z_21,
  CASE WHEN c.data_pregao IS NOT NULL THEN CAST(coalesce(p.participacao, 0) AS decimal(9, 3)) END AS participacao,
  CASE
    WHEN c.carteira_anterior IS NOT NULL
      THEN CAST(coalesce(p.participacao, 0) - coalesce(a.participacao, m.participacao, 0) AS decimal(9, 3))
  END AS variacao_participacao,
  c.dias_desde_rebalanceamento
FROM janelas AS j
LEFT JOIN carteiras AS c ON c.data_pregao = j.data_pregao
LEFT JOIN pesos AS p ON p.data_pregao = j.data_pregao AND p.codigo = j.codigo
LEFT JOIN pesos AS a ON a.data_pregao = c.carteira_anterior AND a.codigo = j.codigo_anterior
LEFT JOIN pesos AS m ON m.data_pregao = c.carteira_anterior AND m.codigo = j.codigo
WHERE j.data_pregao >= DATE '1900-01-01'
ORDER BY j.data_pregao, j.codigo_atual
