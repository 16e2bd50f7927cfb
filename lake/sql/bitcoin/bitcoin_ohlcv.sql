-- title: Bitcoin: OHLCV por minuto
-- Open, high, low, close, volume, turnover, number of trades and volume-weighted average price of each market and minute.
-- The window's first and last minute are whole only where it begins and ends on a minute.
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
    exchange, symbol, price,
    CAST(quantity AS decimal(20, 8)) AS quantity, -- wide enough that price * quantity has 38 digits on every engine
    date_trunc('minute', traded_at) AS minute,
    min(price) OVER (PARTITION BY exchange, symbol, date_trunc('minute', traded_at)) AS lowest,
    row_number() OVER (
      PARTITION BY exchange, symbol, date_trunc('minute', traded_at) ORDER BY date_trunc('second', traded_at), trade_id
    ) AS primeiro,
    row_number() OVER (
      PARTITION BY exchange, symbol, date_trunc('minute', traded_at) ORDER BY date_trunc('second', traded_at) DESC, trade_id DESC
    ) AS ultimo
  FROM negocios
)
SELECT
  exchange,
  symbol,
  minute,
  max(CASE WHEN primeiro = 1 THEN price END) AS open,
  max(price) AS high,
  min(price) AS low,
  max(CASE WHEN ultimo = 1 THEN price END) AS close,
  sum(quantity) AS volume,
  sum(price * quantity) AS turnover,
  count(*) AS trades,
  -- From the minute's low up, in types that leave eight decimals by the old and by the new rule of Trino for decimals.
  CAST(
    min(price) + CAST(
      CAST(sum(CAST(price - lowest AS decimal(18, 8)) * quantity) AS decimal(30, 16))
        / CAST(nullif(sum(quantity), 0) AS decimal(22, 8))
      AS decimal(18, 8)
    )
    AS decimal(18, 8)
  ) AS vwap
FROM ordenados
GROUP BY exchange, symbol, minute
ORDER BY exchange, symbol, minute
