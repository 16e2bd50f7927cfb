-- title: Bitcoin: último preço por bolsa
-- The newest trade of each market within the window, and how old it is.
-- The window is the 60 minutes of trade time before now. Partitions are hours of arrival: from one before the window's first, as Firehose files under the hour in which it began a file, and without an upper end, as a repaired trade arrives late.
WITH negocios AS (
  SELECT exchange, symbol, trade_id, price, quantity, side, traded_at
  FROM (
    SELECT
      exchange, symbol, trade_id, price, quantity, side, traded_at,
      row_number() OVER (PARTITION BY exchange, symbol, trade_id ORDER BY received_at) AS copia
    FROM bitcoin_trades
    WHERE via <> 'gap'
      AND exchange LIKE '%' AND symbol LIKE '%'
      AND dt >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '60' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d')
      AND (hour = 'day' OR concat(dt, ' ', hour) >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '60' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d %H'))
      AND traded_at >= CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '60' MINUTE
      AND traded_at < CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)
  ) AS t
  WHERE copia = 1
),
ordenados AS (
  SELECT
    exchange, symbol, trade_id, price, quantity, side, traded_at,
    row_number() OVER (PARTITION BY exchange, symbol ORDER BY date_trunc('second', traded_at) DESC, trade_id DESC) AS n
  FROM negocios
)
SELECT
  exchange,
  symbol,
  price,
  quantity,
  side,
  traded_at,
  trade_id,
  date_diff('second', traded_at, CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)) AS age_seconds
FROM ordenados
WHERE n = 1
ORDER BY symbol, exchange
