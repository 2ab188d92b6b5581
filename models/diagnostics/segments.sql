MODEL (
  name diagnostics.@{dataset}_segments,
  kind FULL,
  description 'Overlap and balance within each value of each declared segment, under the scores and weights of the whole',
  grain (segment, stratum),
  columns (
    segment TEXT,
    stratum TEXT,
    n BIGINT,
    n_treated BIGINT,
    n_control BIGINT,
    overlap_share DOUBLE,
    tail_lt_001 DOUBLE,
    tail_gt_099 DOUBLE,
    equipoise DOUBLE,
    ess_treated DOUBLE,
    ess_control DOUBLE,
    max_smd DOUBLE,
    worst TEXT,
    beyond BIGINT
  ),
  column_descriptions (
    equipoise = 'Share with a preference score from 0.3 to 0.7, the prevalence being that of the whole',
    ess_treated = 'Effective sample under the declared estimand',
    max_smd = 'Largest |SMD| under the declared estimand, over the spread within the segment',
    worst = 'The covariate that has it',
    beyond = 'Covariates whose |SMD| is over the bound, and over 0.1 by three standard errors'
  ),
  audits (
    not_null(columns := (segment, stratum, n, n_treated, n_control)),
    unique_combination_of_columns(columns := (segment, stratum))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(of_estimand, smd_fail, of_segment, segment_scores)
);

WITH scored AS (
  SELECT
    segment,
    stratum,
    ps_hat,
    ps_hat * (1 - prevalence) / (
      ps_hat * (1 - prevalence) + (1 - ps_hat) * prevalence
    ) AS f
  FROM @segment_scores AS s
  CROSS JOIN diagnostics.@{dataset}_overlap AS o
), shares AS (
  SELECT
    segment,
    stratum,
    COUNT(*) AS n,
    AVG(CASE WHEN ps_hat > 0.05 AND ps_hat < 0.95 THEN 1.0 ELSE 0.0 END) AS overlap_share,
    AVG(CASE WHEN ps_hat < 0.01 THEN 1.0 ELSE 0.0 END) AS tail_lt_001,
    AVG(CASE WHEN ps_hat > 0.99 THEN 1.0 ELSE 0.0 END) AS tail_gt_099,
    AVG(CASE WHEN f BETWEEN 0.3 AND 0.7 THEN 1.0 ELSE 0.0 END) AS equipoise
  FROM scored
  GROUP BY
    segment,
    stratum
), arms AS (
  SELECT
    factor AS segment,
    level AS stratum,
    COALESCE(MAX(CASE WHEN _treated = 1 THEN n END), 0) AS n_treated,
    COALESCE(MAX(CASE WHEN _treated = 0 THEN n END), 0) AS n_control,
    MAX(CASE WHEN _treated = 1 THEN s * s / NULLIF(ss, 0) END) AS ess_treated,
    MAX(CASE WHEN _treated = 0 THEN s * s / NULLIF(ss, 0) END) AS ess_control
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate = '' AND factor <> '' AND @of_segment AND @of_estimand
  GROUP BY
    factor,
    level
), tested AS (
  SELECT
    segment,
    stratum,
    covariate,
    ABS(smd) AS d,
    SQRT(
      (
        n_treated + n_control
      ) / NULLIF(n_treated * n_control, 0) + smd * smd / NULLIF(2 * (
        n_treated + n_control - 2
      ), 0)
    ) AS se
  FROM diagnostics.@{dataset}_differences
  WHERE
    segment <> '' AND term = 'covariate' AND @of_estimand
), differing AS (
  SELECT
    segment,
    stratum,
    MAX(d) AS max_smd,
    MAX(CASE WHEN place = 1 THEN covariate END) AS worst,
    COUNT(CASE WHEN d > @smd_fail AND d - 0.1 > 3 * se THEN 1 END) AS beyond
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY segment, stratum ORDER BY d DESC NULLS LAST, covariate) AS place
    FROM tested
  )
  GROUP BY
    segment,
    stratum
)
SELECT
  a.segment,
  a.stratum,
  s.n,
  a.n_treated,
  a.n_control,
  s.overlap_share,
  s.tail_lt_001,
  s.tail_gt_099,
  s.equipoise,
  a.ess_treated,
  a.ess_control,
  d.max_smd,
  d.worst,
  COALESCE(d.beyond, 0) AS beyond
FROM arms AS a
INNER JOIN shares AS s
  ON a.segment = s.segment AND a.stratum = s.stratum
LEFT JOIN differing AS d
  ON a.segment = d.segment AND a.stratum = d.stratum
