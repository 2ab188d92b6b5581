MODEL (
  name diagnostics.@{dataset}_missing,
  kind FULL,
  description 'Missing values of each published column after the clean steps, per arm, for the report',
  grain name,
  columns (
    name TEXT,
    missing BIGINT,
    missing_treated BIGINT,
    missing_control BIGINT,
    n_treated BIGINT,
    n_control BIGINT
  ),
  column_descriptions (
    name = 'The column',
    n_treated = 'Rows of the arm, missing or not'
  ),
  audits (
    not_null(columns := (name, missing, missing_treated, missing_control, n_treated, n_control)),
    unique_values(columns := (name))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(population, treated, gaps)
);

WITH counted AS (
  SELECT
    COUNT(CASE WHEN @treated = 1 THEN 1 END) AS n_treated,
    COUNT(CASE WHEN @treated = 0 THEN 1 END) AS n_control,
    @gaps AS gaps
  FROM curated.@population AS x
), columns AS (
  SELECT
    n_treated,
    n_control,
    UNNEST(gaps) AS g
  FROM counted
)
SELECT
  g.name AS name,
  g.missing_treated + g.missing_control AS missing,
  g.missing_treated AS missing_treated,
  g.missing_control AS missing_control,
  n_treated,
  n_control
FROM columns
