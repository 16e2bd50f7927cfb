-- title: Bitcoin: lacunas e atraso
-- Per market: trades, how many were recorded more than once, how long they took to arrive, and what is missing.
-- `missing` counts different ids that gap events name and that never came, each once however often it is named; `gaps` are the ranges that they form. `gaps_without_ids` are spans of time of exchanges whose ids say nothing about what is missing. Lags are milliseconds from the exchange's clock to ours, of live trades.
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
  WHERE na_janela
  GROUP BY exchange, symbol
),
chegados AS (
  SELECT f.exchange, f.symbol, f.faixa, count(c.trade_id) AS arrived
  FROM faixas AS f
  LEFT JOIN copias AS c
    ON f.exchange = c.exchange
    AND f.symbol = c.symbol
    AND c.copia = 1
    AND c.trade_id BETWEEN f.primeiro AND f.ultimo
  GROUP BY f.exchange, f.symbol, f.faixa
),
perdas AS (
  SELECT exchange, symbol, sum(ranges) AS gaps, sum(spans) AS gaps_without_ids, sum(missing) AS missing
  FROM (
    SELECT f.exchange, f.symbol, 1 AS ranges, 0 AS spans, f.ultimo - f.primeiro + 1 - c.arrived AS missing
    FROM faixas AS f
    INNER JOIN chegados AS c ON f.exchange = c.exchange AND f.symbol = c.symbol AND f.faixa = c.faixa
    UNION ALL
    SELECT exchange, symbol, comeco AS ranges, comeco AS spans, 0 AS missing
    FROM tempos
  ) AS t
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
