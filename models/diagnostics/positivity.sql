MODEL (
  name diagnostics.@{dataset}_positivity,
  kind FULL,
  description 'Rows per arm in each level of each categorical covariate and segment, and in cells of two covariates that lack an arm, counted before anything is fitted',
  grain (kind, covariate, level),
  columns (
    kind TEXT,
    covariate TEXT,
    level TEXT,
    rule TEXT,
    n BIGINT,
    n_treated BIGINT,
    n_control BIGINT
  ),
  column_descriptions (
    kind = 'level, or cell for a level of each of two covariates',
    covariate = 'Categorical covariate or segment; of a cell region * sex',
    level = 'Observed level; <NA> where missing',
    rule = 'What the rows have in common: region = ''north'' and sex = ''F'''
  ),
  audits (
    not_null(columns := (kind, covariate, level, rule, n, n_treated, n_control)),
    unique_combination_of_columns(columns := (kind, covariate, level)),
    accepted_values(column := kind, is_in := ('level', 'cell'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(factor_values, cells, most_cells)
);

@DEF(is_level, (name, level) -> name || ' = ''' || REPLACE(level, '''', '''''') || '''');

WITH levels AS (
  SELECT
    covariate,
    level,
    COUNT(*) AS n,
    COUNT(CASE WHEN _treated = 1 THEN 1 END) AS n_treated,
    COUNT(CASE WHEN _treated = 0 THEN 1 END) AS n_control
  FROM @factor_values AS v
  GROUP BY
    covariate,
    level
), shares AS (
  SELECT
    covariate,
    level,
    n_treated / n AS treated,
    n_control / n AS control,
    COUNT(*) OVER (PARTITION BY covariate) AS siblings
  FROM levels
)
SELECT
  'level' AS kind,
  covariate,
  level,
  @is_level(covariate, level) AS rule,
  n,
  n_treated,
  n_control
FROM levels
UNION ALL
/* Chance empties a cell too: kept are those in which at the lower of its levels' shares five rows would be expected */
SELECT
  'cell' AS kind,
  one || ' * ' || other AS covariate,
  one_level || ' * ' || other_level AS level,
  @is_level(one, one_level) || ' and ' || @is_level(other, other_level) AS rule,
  n,
  n_treated,
  n - n_treated AS n_control
FROM @cells AS c
INNER JOIN shares AS a
  ON c.one = a.covariate AND c.one_level = a.level
INNER JOIN shares AS b
  ON c.other = b.covariate AND c.other_level = b.level
WHERE
  one <> other
  AND a.siblings * b.siblings <= @most_cells
  AND (
    (
      n_treated = 0 AND n * LEAST(a.treated, b.treated) >= 5
    )
    OR (
      n_treated = n AND n * LEAST(a.control, b.control) >= 5
    )
  )
