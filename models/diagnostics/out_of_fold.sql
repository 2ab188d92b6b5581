MODEL (
  name diagnostics.@{dataset}_out_of_fold,
  kind VIEW,
  description 'The propensity score of each row from the model without its fold; NULL where the fit to all rows did not converge',
  grain row_id,
  columns (
    row_id TEXT,
    fold INT,
    _treated INT,
    ps_oof DOUBLE
  ),
  column_descriptions (
    fold = 'The range that the row''s md5 falls in, from 1 on'
  ),
  audits (
    number_of_rows(threshold := 0)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(fitted, scorable_by_fold, score, treated)
);

WITH fitted AS (
  SELECT
    fold,
    @EACH(@fitted, c -> c)
  FROM diagnostics.@{dataset}_fits
  WHERE
    fold > 0
  GROUP BY
    fold
)
SELECT
  x.row_id,
  x._fold AS fold,
  @treated AS _treated,
  @score AS ps_oof
FROM @scorable_by_fold AS x
LEFT JOIN fitted AS b
  ON x._fold = b.fold
