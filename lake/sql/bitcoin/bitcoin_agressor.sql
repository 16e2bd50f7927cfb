-- title: Bitcoin: volume por lado agressor
-- Per market and minute, what takers bought and sold, and the share of buying in the volume.
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
)
SELECT
  exchange,
  symbol,
  date_trunc('minute', traded_at) AS minute,
  sum(CASE WHEN side = 'buy' THEN quantity ELSE 0 END) AS bought,
  sum(CASE WHEN side = 'sell' THEN quantity ELSE 0 END) AS sold,
  count(CASE WHEN side = 'buy' THEN 1 END) AS buys,
  count(CASE WHEN side = 'sell' THEN 1 END) AS sells,
  CAST(
    CAST(sum(CASE WHEN side = 'buy' THEN quantity ELSE 0 END) AS decimal(22, 8))
      / CAST(nullif(sum(quantity), 0) AS decimal(22, 8))
    AS decimal(9, 6)
  ) AS share_bought
FROM negocios
GROUP BY exchange, symbol, date_trunc('minute', traded_at)
ORDER BY exchange, symbol, minute
