MODEL (
  name diagnostics.@{dataset}_leakage,
  kind FULL,
  description 'What each covariate, and its being missing, tells of the treatment and of the outcome by itself',
  grain covariate,
  columns (
    covariate TEXT,
    parent TEXT,
    kind TEXT,
    n BIGINT,
    n_treated BIGINT,
    auc_treatment DOUBLE,
    correlation_treatment DOUBLE,
    n_outcome BIGINT,
    auc_outcome DOUBLE,
    r2_outcome DOUBLE,
    sample TEXT
  ),
  column_descriptions (
    kind = 'number, level for a categorical, or missing',
    n = 'Rows where it is observed',
    auc_treatment = 'AUC of the covariate alone in its better direction; levels in the order of their treated share',
    correlation_treatment = 'Size of the correlation with treatment; for levels the correlation ratio',
    n_outcome = 'Rows where the outcome is observed too',
    auc_outcome = 'The same AUC for an outcome of 0 and 1; NULL for any other',
    r2_outcome = 'Share of the outcome''s variance that the covariate explains: linear for a number, by level otherwise',
    sample = 'Its value and what followed in two rows of each arm'
  ),
  audits (
    not_null(columns := (covariate, parent, kind, n)),
    unique_values(columns := (covariate)),
    accepted_range(column := auc_treatment, min_v := 0.5, max_v := 1),
    accepted_range(column := correlation_treatment, min_v := 0, max_v := 1.000001)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(population, treated)
);

WITH numbers AS (
  SELECT
    v.covariate,
    v.parent,
    v.kind,
    COUNT(*) AS n,
    SUM(v._treated) AS n_treated,
    MAX(GREATEST(d.auc_treatment, 1 - d.auc_treatment)) AS auc_treatment,
    ABS(CORR(v.x, v._treated)) AS correlation_treatment,
    COUNT(v._outcome) AS n_outcome,
    CASE WHEN COUNT(CASE WHEN NOT v._outcome IN (0, 1) THEN 1 END) = 0 THEN MAX(GREATEST(d.auc_outcome, 1 - d.auc_outcome)) END AS auc_outcome,
    POWER(CORR(v.x, v._outcome), 2) AS r2_outcome
  FROM diagnostics.@{dataset}_covariates AS v
  INNER JOIN diagnostics.@{dataset}_distributions AS d
    ON v.covariate = d.covariate
  WHERE
    v.kind = 'number'
  GROUP BY
    v.covariate,
    v.parent,
    v.kind
), levels AS (
  SELECT
    covariate,
    parent,
    kind,
    level,
    COUNT(*) AS n,
    CAST(SUM(_treated) AS DOUBLE) AS n_treated,
    COUNT(*) - CAST(SUM(_treated) AS DOUBLE) AS n_control,
    COUNT(_outcome) AS n_outcome,
    COUNT(CASE WHEN NOT _outcome IN (0, 1) THEN 1 END) AS other,
    COALESCE(SUM(CASE WHEN _outcome = 1 THEN 1.0 END), 0) AS n_1,
    COALESCE(SUM(CASE WHEN _outcome = 0 THEN 1.0 END), 0) AS n_0,
    AVG(_outcome) AS outcome,
    COALESCE(VAR_POP(_outcome), 0) AS outcome_variance
  FROM diagnostics.@{dataset}_covariates AS v
  WHERE
    kind <> 'number'
  GROUP BY
    covariate,
    parent,
    kind,
    level
), ordered AS (
  SELECT
    *,
    SUM(n_treated) OVER whole / SUM(n) OVER whole AS prevalence,
    SUM(n_control) OVER by_treated - n_control / 2 AS control_below,
    SUM(n_0) OVER by_outcome - n_0 / 2 AS outcome_0_below,
    SUM(n_outcome * outcome) OVER whole / NULLIF(SUM(n_outcome) OVER whole, 0) AS outcome_mean
  FROM levels
  WINDOW whole AS (PARTITION BY covariate),
  by_treated AS (PARTITION BY covariate ORDER BY n_treated / n, level ROWS UNBOUNDED PRECEDING),
  by_outcome AS (PARTITION BY covariate ORDER BY outcome NULLS FIRST, level ROWS UNBOUNDED PRECEDING)
), level_rows AS (
  SELECT
    covariate,
    parent,
    kind,
    SUM(n) AS n,
    SUM(n_treated) AS n_treated,
    SUM(n_treated * control_below) / NULLIF(SUM(n_treated) * SUM(n_control), 0) AS auc_treatment,
    SQRT(SUM(n * POWER(n_treated / n - prevalence, 2)) / NULLIF(SUM(n) * MAX(prevalence * (1 - prevalence)), 0)) AS correlation_treatment,
    SUM(n_outcome) AS n_outcome,
    CASE WHEN SUM(other) = 0 THEN SUM(n_1 * outcome_0_below) / NULLIF(SUM(n_1) * SUM(n_0), 0) END AS auc_outcome,
    SUM(n_outcome * POWER(outcome - outcome_mean, 2)) / NULLIF(SUM(n_outcome * (POWER(outcome - outcome_mean, 2) + outcome_variance)), 0) AS r2_outcome
  FROM ordered
  GROUP BY
    covariate,
    parent,
    kind
  HAVING
    kind = 'level' OR COUNT(*) = 2
), found AS (
  SELECT
    *
  FROM numbers
  UNION ALL
  SELECT
    *
  FROM level_rows
), sampled_rows AS (
  (
    SELECT
      row_id
    FROM curated.@population
    WHERE
      @treated = 1
    ORDER BY
      row_id
    LIMIT 2
  )
  UNION ALL
  (
    SELECT
      row_id
    FROM curated.@population
    WHERE
      @treated = 0
    ORDER BY
      row_id
    LIMIT 2
  )
), samples AS (
  SELECT
    v.covariate,
    STRING_AGG(
      COALESCE(v.level, CAST(ROUND(v.x, 4) AS TEXT)) || CASE WHEN v._treated = 1 THEN ' (treated' ELSE ' (untreated' END || COALESCE(', outcome ' || CAST(ROUND(v._outcome, 4) AS TEXT), '') || ')',
      ', '
      ORDER BY v._treated DESC, v.row_id
    ) AS sample
  FROM diagnostics.@{dataset}_covariates AS v
  INNER JOIN sampled_rows AS s
    ON v.row_id = s.row_id
  GROUP BY
    v.covariate
)
SELECT
  f.covariate,
  parent,
  kind,
  n,
  n_treated,
  auc_treatment,
  CASE WHEN ISNAN(correlation_treatment) THEN NULL ELSE correlation_treatment END AS correlation_treatment,
  n_outcome,
  auc_outcome,
  CASE WHEN ISNAN(r2_outcome) THEN NULL ELSE r2_outcome END AS r2_outcome,
  sample
FROM found AS f
LEFT JOIN samples AS s
  ON f.covariate = s.covariate
