MODEL (
  name diagnostics.@{dataset}_differences,
  kind FULL,
  description 'Standardised mean differences, unadjusted and under each weighting, of the whole and within each segment',
  grain (segment, stratum, covariate, weighting),
  columns (
    segment TEXT,
    stratum TEXT,
    covariate TEXT,
    parent TEXT,
    term TEXT,
    type TEXT,
    n_treated BIGINT,
    n_control BIGINT,
    weighting TEXT,
    mean_treated DOUBLE,
    mean_control DOUBLE,
    variance_ratio DOUBLE,
    smd DOUBLE,
    smd_over_treated DOUBLE
  ),
  column_descriptions (
    segment = 'The declared segment that the rows are of; empty for the whole',
    stratum = 'The value of the segment',
    covariate = 'As cobalt names it: the covariate, covariate_level, or covariate:<NA> for a missing indicator',
    parent = 'The contract''s covariate; of a square or product its own name',
    term = 'covariate, square or product',
    type = 'continuous or binary',
    weighting = 'unadjusted, ate, att, atc or ato',
    variance_ratio = 'Variance of the treated over that of the untreated; of a number',
    smd = 'Over the unweighted SD of the treated for att, of the untreated for atc, else over the pooled one',
    smd_over_treated = 'Over the unweighted SD of the treated'
  ),
  audits (
    not_null(columns := (segment, stratum, covariate, type, weighting)),
    unique_combination_of_columns(columns := (segment, stratum, parent, covariate, weighting))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(denominators)
);

/* p (1 - p) of a share that rounding can take below 0 or over 1 */
@DEF(variance_of_share, p -> CASE WHEN NOT p BETWEEN 0 AND 1 THEN 0 ELSE p * (1 - p) END);

WITH spread AS (
  /* Always of the unweighted sample (Stuart 2010) */
  SELECT
    *,
    CASE WHEN type = 'binary' THEN @variance_of_share(mean_treated) ELSE variance_treated END AS v1,
    CASE WHEN type = 'binary' THEN @variance_of_share(mean_control) ELSE variance_control END AS v0,
    mean_treated - mean_control AS raw_difference,
    n_treated + n_control AS n,
    (
      n_treated * mean_treated + n_control * mean_control
    ) / (
      n_treated + n_control
    ) AS mean_all
  FROM diagnostics.@{dataset}_contrasts
  WHERE
    weighting = 'unadjusted'
), scales AS (
  SELECT
    *,
    SQRT(
      CASE
        WHEN type = 'binary'
        THEN @variance_of_share(mean_all)
        ELSE (
          (
            n_treated - 1
          ) * v1 + (
            n_control - 1
          ) * v0 + n_treated * n_control / n * raw_difference * raw_difference
        ) / (
          n - 1
        )
      END
    ) AS s_all
  FROM spread
), denominators AS (
  SELECT
    *,
    @EACH(@denominators, c -> c)
  FROM scales
), scaled AS (
  SELECT
    c.*,
    d.s_treated,
    CASE c.weighting WHEN 'att' THEN d.s_treated WHEN 'atc' THEN d.s_control ELSE d.s_pooled END AS scale
  FROM diagnostics.@{dataset}_contrasts AS c
  INNER JOIN denominators AS d
    ON c.segment = d.segment AND c.stratum = d.stratum AND c.parent = d.parent AND c.covariate = d.covariate
)
SELECT
  segment,
  stratum,
  covariate,
  parent,
  term,
  type,
  n_treated,
  n_control,
  weighting,
  mean_treated,
  mean_control,
  CASE WHEN type = 'continuous' THEN variance_treated / NULLIF(variance_control, 0) END AS variance_ratio,
  CASE WHEN mean_treated = mean_control OR scale = 0 THEN 0 ELSE (
    mean_treated - mean_control
  ) / scale END AS smd,
  CASE WHEN mean_treated = mean_control OR s_treated = 0 THEN 0 ELSE (
    mean_treated - mean_control
  ) / s_treated END AS smd_over_treated
FROM scaled
