-- title: Bitcoin: lacunas e atraso
-- Per market: trades, how many were recorded more than once, how long they took to arrive, and what is missing.
-- `missing` counts ids that a gap event names and that never came; `gaps_without_ids` are gaps of exchanges whose ids say nothing about what is missing. Lags are milliseconds from the exchange's clock to ours, of live trades.
-- The window is the 1440 minutes of trade time before now. Partitions are hours of arrival: from one before the window's first, as Firehose files under the hour in which it began a file, and without an upper end, as a repaired trade arrives late.
WITH linhas AS (
  SELECT
    exchange, symbol, trade_id, traded_at, received_at, via, gap_first_id, gap_last_id
  FROM bitcoin_trades
  WHERE dt >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '1440' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d')
    AND (hour = 'day' OR concat(dt, ' ', hour) >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '1440' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d %H'))
    AND traded_at >= CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '1440' MINUTE
    AND traded_at < CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)
),
copias AS (
  SELECT
    exchange, symbol, trade_id, via,
    date_diff('millisecond', traded_at, received_at) AS lag,
    row_number() OVER (PARTITION BY exchange, symbol, trade_id ORDER BY received_at) AS copia
  FROM linhas
  WHERE via <> 'gap'
),
negocios AS (
  SELECT
    exchange,
    symbol,
    count(CASE WHEN copia = 1 THEN 1 END) AS trades,
    count(CASE WHEN copia > 1 THEN 1 END) AS copies,
    count(CASE WHEN copia = 1 AND via = 'repair' THEN 1 END) AS repaired,
    approx_percentile(CASE WHEN copia = 1 AND via = 'live' THEN lag END, 0.5) AS lag_p50_ms,
    approx_percentile(CASE WHEN copia = 1 AND via = 'live' THEN lag END, 0.99) AS lag_p99_ms
  FROM copias
  GROUP BY exchange, symbol
),
lacunas AS (
  SELECT DISTINCT exchange, symbol, gap_first_id, gap_last_id, traded_at
  FROM linhas
  WHERE via = 'gap'
),
chegados AS (
  SELECT l.exchange, l.symbol, l.gap_first_id, l.gap_last_id, l.traded_at, count(c.trade_id) AS arrived
  FROM lacunas AS l
  LEFT JOIN copias AS c
    ON l.exchange = c.exchange
    AND l.symbol = c.symbol
    AND c.copia = 1
    AND c.trade_id BETWEEN l.gap_first_id AND l.gap_last_id
  GROUP BY l.exchange, l.symbol, l.gap_first_id, l.gap_last_id, l.traded_at
),
perdas AS (
  SELECT
    exchange,
    symbol,
    count(*) AS gaps,
    count(CASE WHEN gap_first_id IS NULL THEN 1 END) AS gaps_without_ids,
    sum(coalesce(gap_last_id - gap_first_id + 1 - arrived, 0)) AS missing
  FROM chegados
  GROUP BY exchange, symbol
)
SELECT
  coalesce(n.exchange, p.exchange) AS exchange,
  coalesce(n.symbol, p.symbol) AS symbol,
  coalesce(n.trades, 0) AS trades,
  coalesce(n.copies, 0) AS copies,
  coalesce(n.repaired, 0) AS repaired,
  coalesce(p.gaps, 0) AS gaps,
  coalesce(p.gaps_without_ids, 0) AS gaps_without_ids,
  coalesce(p.missing, 0) AS missing,
  n.lag_p50_ms,
  n.lag_p99_ms
FROM negocios AS n
FULL OUTER JOIN perdas AS p ON n.exchange = p.exchange AND n.symbol = p.symbol
ORDER BY exchange, symbol
