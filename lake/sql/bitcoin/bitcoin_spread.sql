-- title: Bitcoin: spread entre bolsas
-- Per minute, each pair of markets in the same quote currency: the difference of their last prices, in money and in basis points of the lower one.
-- USDT and USDC count as dollars, so their own deviation from the dollar is part of the spread; reais are compared with reais.
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
    exchange,
    symbol,
    regexp_replace(symbol, '-(USDT|USDC)$', '-USD') AS pair,
    price,
    date_trunc('minute', traded_at) AS minute,
    row_number() OVER (
      PARTITION BY exchange, symbol, date_trunc('minute', traded_at) ORDER BY date_trunc('second', traded_at) DESC, trade_id DESC
    ) AS n
  FROM negocios
),
fechamentos AS (
  SELECT exchange, symbol, pair, minute, price
  FROM ordenados
  WHERE n = 1
)
SELECT
  a.minute,
  a.pair,
  a.exchange AS exchange_low,
  a.symbol AS symbol_low,
  a.price AS price_low,
  b.exchange AS exchange_high,
  b.symbol AS symbol_high,
  b.price AS price_high,
  b.price - a.price AS spread,
  CAST((b.price - a.price) * 10000 / a.price AS decimal(18, 4)) AS basis_points
FROM fechamentos AS a
INNER JOIN fechamentos AS b
  ON a.minute = b.minute
  AND a.pair = b.pair
  AND concat(a.exchange, ' ', a.symbol) <> concat(b.exchange, ' ', b.symbol)
  AND (a.price < b.price OR (a.price = b.price AND concat(a.exchange, ' ', a.symbol) < concat(b.exchange, ' ', b.symbol)))
WHERE a.price > 0
ORDER BY a.minute, basis_points DESC, exchange_low, exchange_high
