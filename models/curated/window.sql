MODEL (
  name curated._@{dataset}_window,
  kind VIEW,
  description 'The rows of the newest intervals where the contract has a window: diagnostics and features are of these',
  grain row_id,
  audits (
    number_of_rows(threshold := 0)
  ),
  cron @cron,
  enabled @windowed,
  blueprints @datasets(columns, time, windowed, window_begins)
);

WITH newest AS (
  SELECT
    MAX(@time) AS latest
  FROM curated.@dataset
), bounds AS (
  SELECT
    @window_begins AS begins
  FROM newest
)
SELECT
  row_id,
  @EACH(@columns, c -> c)
FROM curated.@dataset
WHERE
  @time >= (
    SELECT
      begins
    FROM bounds
  )
