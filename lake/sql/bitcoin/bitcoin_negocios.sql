-- title: Bitcoin: negócios dos últimos minutos
-- Each trade of the window once, newest first.
-- The window is the 5 minutes of trade time before now. Partitions are hours of arrival: from one before the window's first, as Firehose files under the hour in which it began a file, and without an upper end, as a repaired trade arrives late.
WITH negocios AS (
  SELECT exchange, symbol, trade_id, price, quantity, side, traded_at, received_at, via
  FROM (
    SELECT
      exchange, symbol, trade_id, price, quantity, side, traded_at, received_at, via,
      row_number() OVER (PARTITION BY exchange, symbol, trade_id ORDER BY received_at) AS copia
    FROM bitcoin_trades
    WHERE via <> 'gap'
      AND exchange LIKE '%' AND symbol LIKE '%'
      AND dt >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '5' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d')
      AND (hour = 'day' OR concat(dt, ' ', hour) >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '5' MINUTE - INTERVAL '1' HOUR, '%Y-%m-%d %H'))
      AND traded_at >= CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp) - INTERVAL '5' MINUTE
      AND traded_at < CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)
  ) AS t
  WHERE copia = 1
)
SELECT exchange, symbol, trade_id, price, quantity, side, traded_at, received_at, via
FROM negocios
ORDER BY traded_at DESC, exchange, symbol, trade_id DESC
LIMIT 10000
