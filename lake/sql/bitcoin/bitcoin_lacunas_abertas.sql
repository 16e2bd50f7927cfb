-- title: Bitcoin: lacunas abertas
-- The ranges of ids that gap events name and that never came, and the spans of time where ids prove nothing; why, and whether the exchange itself said that it doesn't have them (`settled`).
-- `bovespa stream repair` reads this list and asks the exchanges once more for what isn't settled.
-- The window is the 1440 minutes of trade time before now. Partitions are hours of arrival: from one before the window's first, as Firehose files under the hour in which it began a file, and without an upper end, as a repaired trade arrives late.
WITH linhas AS (
  SELECT
    exchange, symbol, trade_id, traded_at, received_at, via, gap_first_id, gap_last_id, gap_from, gap_reason,
    traded_at >= CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '1440' MINUTE
      AND traded_at < CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) AS na_janela
  FROM bitcoin_trades
  WHERE dt >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '1440' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d')
    AND (hour = 'day' OR concat(dt, ' ', hour) >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '1440' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d %H'))
    AND exchange LIKE '%' AND symbol LIKE '%'
),
copias AS (
  SELECT
    exchange, symbol, trade_id, via, na_janela,
    date_diff('millisecond', traded_at, received_at) AS lag,
    row_number() OVER (PARTITION BY exchange, symbol, trade_id ORDER BY received_at) AS copia
  FROM linhas
  WHERE via <> 'gap'
),
lacunas AS (
  SELECT exchange, symbol, gap_first_id, gap_last_id, gap_from, traded_at, received_at, gap_reason
  FROM linhas
  WHERE via = 'gap' AND na_janela
),
-- A gap may be told several times, and in pieces: overlapping and touching ones are one.
marcadas AS (
  SELECT
    exchange, symbol, gap_first_id, gap_last_id, gap_from, traded_at, received_at, gap_reason,
    CASE
      WHEN gap_first_id <= max(gap_last_id) OVER (
        PARTITION BY exchange, symbol ORDER BY gap_first_id, gap_last_id, received_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) + 1 THEN 0
      ELSE 1
    END AS comeco
  FROM lacunas
  WHERE gap_first_id IS NOT NULL
),
numeradas AS (
  SELECT
    exchange, symbol, gap_first_id, gap_last_id, gap_from, traded_at, received_at, gap_reason,
    sum(comeco) OVER (
      PARTITION BY exchange, symbol ORDER BY gap_first_id, gap_last_id, received_at ROWS UNBOUNDED PRECEDING
    ) AS faixa
  FROM marcadas
),
faixas AS (
  SELECT
    exchange, symbol, faixa,
    min(gap_first_id) AS primeiro,
    max(gap_last_id) AS ultimo,
    min(gap_from) AS desde,
    max(traded_at) AS ate,
    max_by(gap_reason, received_at) AS motivo
  FROM numeradas
  GROUP BY exchange, symbol, faixa
),
tempos AS (
  SELECT
    exchange, symbol, gap_from, traded_at, received_at, gap_reason,
    CASE
      WHEN gap_from <= max(traded_at) OVER (
        PARTITION BY exchange, symbol ORDER BY gap_from, traded_at, received_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) THEN 0
      ELSE 1
    END AS comeco
  FROM lacunas
  WHERE gap_first_id IS NULL
),
pontos AS (
  SELECT f.exchange, f.symbol, f.faixa, c.trade_id AS id
  FROM faixas AS f
  INNER JOIN copias AS c
    ON f.exchange = c.exchange
    AND f.symbol = c.symbol
    AND c.copia = 1
    AND c.trade_id BETWEEN f.primeiro AND f.ultimo
  UNION ALL
  SELECT exchange, symbol, faixa, primeiro - 1 AS id FROM faixas
  UNION ALL
  SELECT exchange, symbol, faixa, ultimo + 1 AS id FROM faixas
),
vizinhos AS (
  SELECT
    exchange, symbol, faixa, id,
    lag(id) OVER (PARTITION BY exchange, symbol, faixa ORDER BY id) AS anterior
  FROM pontos
),
negadas AS (
  SELECT v.exchange, v.symbol, v.faixa, v.id, max(n.gap_first_id) AS negada
  FROM vizinhos AS v
  INNER JOIN numeradas AS n
    ON v.exchange = n.exchange
    AND v.symbol = n.symbol
    AND v.faixa = n.faixa
    AND n.gap_reason = 'the exchange''s history does not have them'
    AND n.gap_first_id <= v.anterior + 1
    AND n.gap_last_id >= v.id - 1
  WHERE v.id - v.anterior > 1
  GROUP BY v.exchange, v.symbol, v.faixa, v.id
),
vaos AS (
  SELECT
    exchange, symbol, gap_from, traded_at, received_at, gap_reason,
    sum(comeco) OVER (
      PARTITION BY exchange, symbol ORDER BY gap_from, traded_at, received_at ROWS UNBOUNDED PRECEDING
    ) AS vao
  FROM tempos
)
SELECT
  v.exchange,
  v.symbol,
  v.anterior + 1 AS first_id,
  v.id - 1 AS last_id,
  v.id - v.anterior - 1 AS missing,
  f.desde AS since,
  f.ate AS until,
  n.negada IS NOT NULL AS settled,
  f.motivo AS reason
FROM vizinhos AS v
INNER JOIN faixas AS f ON v.exchange = f.exchange AND v.symbol = f.symbol AND v.faixa = f.faixa
LEFT JOIN negadas AS n ON v.exchange = n.exchange AND v.symbol = n.symbol AND v.faixa = n.faixa AND v.id = n.id
WHERE v.id - v.anterior > 1
UNION ALL
SELECT
  exchange,
  symbol,
  NULL AS first_id,
  NULL AS last_id,
  NULL AS missing,
  min(gap_from) AS since,
  max(traded_at) AS until,
  max_by(gap_reason, received_at) = 'older than the exchange''s history' AS settled,
  max_by(gap_reason, received_at) AS reason
FROM vaos
GROUP BY exchange, symbol, vao
ORDER BY exchange, symbol, since, first_id
