MODEL (
  name diagnostics.@{dataset}_availability,
  kind FULL,
  description 'For each covariate that says when it became known, the rows where that is after the row''s own time: there it can''t have been a cause of treatment',
  grain covariate,
  columns (
    covariate TEXT,
    available_at TEXT,
    n BIGINT,
    sample TEXT,
    undated BIGINT,
    undated_sample TEXT
  ),
  column_descriptions (
    available_at = 'The column that says when the covariate became known',
    n = 'Rows in which that is after the row''s time',
    sample = 'Three of these rows',
    undated = 'Rows that have the covariate, and not when it became known',
    undated_sample = 'Three of these'
  ),
  audits (
    not_null(columns := (covariate, available_at, n, undated)),
    unique_values(columns := (covariate))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(dated_values)
);

WITH dated AS (
  SELECT
    *
  FROM @dated_values AS v
), counted AS (
  SELECT
    covariate,
    available_at,
    COUNT(CASE WHEN late THEN 1 END) AS n,
    COUNT(CASE WHEN known_at IS NULL THEN 1 END) AS undated
  FROM dated
  GROUP BY
    covariate,
    available_at
), placed AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY covariate, late ORDER BY row_id) AS place
  FROM dated
  WHERE
    late OR known_at IS NULL
), samples AS (
  SELECT
    covariate,
    STRING_AGG(unit || ' at ' || row_time || ', known ' || known_at, '; ' ORDER BY place) AS sample,
    STRING_AGG(CASE WHEN known_at IS NULL THEN unit || ' at ' || row_time END, '; ' ORDER BY place) AS undated_sample
  FROM placed
  WHERE
    place <= 3
  GROUP BY
    covariate
)
SELECT
  c.covariate,
  c.available_at,
  c.n,
  s.sample,
  c.undated,
  s.undated_sample
FROM counted AS c
LEFT JOIN samples AS s
  ON c.covariate = s.covariate
