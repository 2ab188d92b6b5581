MODEL (
  name diagnostics.@{dataset}_ks,
  kind FULL,
  description 'Kolmogorov-Smirnov distance between the arms for each numeric covariate: unadjusted and under each weighting',
  grain covariate,
  columns (
    covariate TEXT,
    ks_unadjusted DOUBLE,
    ks_ate DOUBLE,
    ks_att DOUBLE,
    ks_atc DOUBLE,
    ks_ato DOUBLE
  ),
  audits (
    not_null(columns := (covariate)),
    unique_values(columns := (covariate)),
    accepted_range(column := ks_unadjusted, min_v := 0, max_v := 1.000001)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(weighted_numbers)
);

WITH steps AS (
  /* Tied values move both distribution functions at once */
  SELECT
    covariate,
    x,
    SUM(CASE WHEN _treated = 1 THEN w_unadjusted ELSE 0 END) AS treated_unadjusted,
    SUM(CASE WHEN _treated = 1 THEN w_ate ELSE 0 END) AS treated_ate,
    SUM(CASE WHEN _treated = 1 THEN w_att ELSE 0 END) AS treated_att,
    SUM(CASE WHEN _treated = 1 THEN w_atc ELSE 0 END) AS treated_atc,
    SUM(CASE WHEN _treated = 1 THEN w_ato ELSE 0 END) AS treated_ato,
    SUM(CASE WHEN _treated = 0 THEN w_unadjusted ELSE 0 END) AS control_unadjusted,
    SUM(CASE WHEN _treated = 0 THEN w_ate ELSE 0 END) AS control_ate,
    SUM(CASE WHEN _treated = 0 THEN w_att ELSE 0 END) AS control_att,
    SUM(CASE WHEN _treated = 0 THEN w_atc ELSE 0 END) AS control_atc,
    SUM(CASE WHEN _treated = 0 THEN w_ato ELSE 0 END) AS control_ato
  FROM @weighted_numbers AS v
  GROUP BY
    covariate,
    x
), gaps AS (
  SELECT
    covariate,
    SUM(treated_unadjusted) OVER below / NULLIF(SUM(treated_unadjusted) OVER whole, 0) - SUM(control_unadjusted) OVER below / NULLIF(SUM(control_unadjusted) OVER whole, 0) AS gap_unadjusted,
    SUM(treated_ate) OVER below / NULLIF(SUM(treated_ate) OVER whole, 0) - SUM(control_ate) OVER below / NULLIF(SUM(control_ate) OVER whole, 0) AS gap_ate,
    SUM(treated_att) OVER below / NULLIF(SUM(treated_att) OVER whole, 0) - SUM(control_att) OVER below / NULLIF(SUM(control_att) OVER whole, 0) AS gap_att,
    SUM(treated_atc) OVER below / NULLIF(SUM(treated_atc) OVER whole, 0) - SUM(control_atc) OVER below / NULLIF(SUM(control_atc) OVER whole, 0) AS gap_atc,
    SUM(treated_ato) OVER below / NULLIF(SUM(treated_ato) OVER whole, 0) - SUM(control_ato) OVER below / NULLIF(SUM(control_ato) OVER whole, 0) AS gap_ato
  FROM steps
  WINDOW whole AS (PARTITION BY covariate), below AS (PARTITION BY covariate ORDER BY x ROWS UNBOUNDED PRECEDING)
)
SELECT
  covariate,
  MAX(ABS(gap_unadjusted)) AS ks_unadjusted,
  MAX(ABS(gap_ate)) AS ks_ate,
  MAX(ABS(gap_att)) AS ks_att,
  MAX(ABS(gap_atc)) AS ks_atc,
  MAX(ABS(gap_ato)) AS ks_ato
FROM gaps
GROUP BY
  covariate
