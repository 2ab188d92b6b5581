MODEL (
  name diagnostics.@{dataset}_histogram,
  kind FULL,
  description 'Rows per arm in 40 equal bins of the propensity score, for the report; 0.05 and 0.95 are edges of bins',
  grain bin,
  columns (
    bin INT,
    n_treated BIGINT,
    n_control BIGINT
  ),
  column_descriptions (
    bin = 'From 0 to 39: scores from bin / 40 on, a score of 1 in the last'
  ),
  audits (
    not_null(columns := (n_treated, n_control)),
    unique_values(columns := (bin)),
    accepted_range(column := bin, min_v := 0, max_v := 39)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(histogram_bin)
);

SELECT
  CAST(@histogram_bin AS INT) AS bin,
  COUNT(CASE WHEN _treated = 1 THEN 1 END) AS n_treated,
  COUNT(CASE WHEN _treated = 0 THEN 1 END) AS n_control
FROM diagnostics.@{dataset}_scores
GROUP BY
  CAST(@histogram_bin AS INT)
