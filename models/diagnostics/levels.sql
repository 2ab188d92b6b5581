MODEL (
  name diagnostics.@{dataset}_levels,
  kind FULL,
  description 'Sums of weights in each level of each factor, and in the levels of two columns at once, per arm and weighting',
  grain (factor, stratum, covariate, level, weighting),
  depends_on (diagnostics.@{dataset}_positivity),
  columns (
    factor TEXT,
    stratum TEXT,
    covariate TEXT,
    level TEXT,
    weighting TEXT,
    treated DOUBLE,
    control DOUBLE
  ),
  column_descriptions (
    factor = 'The other column of a pair, in its value stratum; empty for a factor by itself',
    weighting = 'unadjusted, ate, att, atc or ato',
    treated = 'The sum of the weights of the treated rows'
  ),
  audits (
    not_null(columns := (factor, stratum, covariate, level, weighting)),
    unique_combination_of_columns(columns := (factor, stratum, covariate, level, weighting)),
    relationships(columns := (covariate, level), parent := diagnostics.@{dataset}_positivity)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(weighted_levels, of_factor)
);

/* What the moments are taken in comes with them; the rest takes one scan together */
WITH arms AS (
  SELECT
    '' AS factor,
    '' AS stratum,
    factor AS covariate,
    level,
    weighting,
    _treated,
    arm_weight AS weight
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate = '' AND @of_factor
  UNION ALL
  SELECT
    factor,
    stratum,
    covariate,
    level,
    weighting,
    _treated,
    CASE weighting
      WHEN 'unadjusted'
      THEN n
      WHEN 'ate'
      THEN att + atc
      WHEN 'att'
      THEN att
      WHEN 'atc'
      THEN atc
      ELSE ato
    END AS weight
  FROM @weighted_levels AS v
  CROSS JOIN (VALUES ('unadjusted'), ('ate'), ('att'), ('atc'), ('ato')) AS w(weighting)
)
SELECT
  factor,
  stratum,
  covariate,
  level,
  weighting,
  SUM(CASE WHEN _treated = 1 THEN weight ELSE 0 END) AS treated,
  SUM(CASE WHEN _treated = 0 THEN weight ELSE 0 END) AS control
FROM arms
GROUP BY
  factor,
  stratum,
  covariate,
  level,
  weighting
