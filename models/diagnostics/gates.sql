MODEL (
  name diagnostics.@{dataset}_gates,
  kind FULL,
  description 'Every gate with its figure, threshold and verdict. The audits here are what stops a promotion',
  grain gate,
  columns (
    gate TEXT,
    value DOUBLE,
    comparison TEXT,
    threshold DOUBLE,
    verdict TEXT,
    subject TEXT
  ),
  column_descriptions (
    gate = 'The gate''s name, one a row',
    value = 'The figure that was judged',
    comparison = 'How the figure must stand to the threshold',
    verdict = 'pass, warn or fail',
    subject = 'The covariates, levels or terms behind the figure, worst first'
  ),
  audits (
    number_of_rows(threshold := 14),
    unique_values(columns := (gate)),
    accepted_values(column := verdict, is_in := ('pass', 'warn', 'fail')),
    both_arms,
    positivity,
    fit_converged,
    no_separation,
    no_collinearity,
    fit_invariant,
    overlap_share,
    tail_mass,
    covariate_balance,
    gate_warnings
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(estimand, balance_on, collinear_verdict, min_level_rows, overlap_share_at_least, tail_mass_at_most, equipoise_at_least, smd_warn, smd_fail, smd_small_sample_fail)
);

WITH single_arm AS (
  SELECT
    covariate,
    level,
    n,
    covariate || ' = ' || level || ': ' || n || ' rows, ' || CASE WHEN n_treated = 0 THEN 'none treated' ELSE 'all treated' END AS said
  FROM diagnostics.@{dataset}_positivity
  WHERE
    n_treated = 0 OR n_control = 0
), levels AS (
  SELECT
    COUNT(CASE WHEN n >= @min_level_rows THEN 1 END) AS structural,
    COUNT(CASE WHEN n < @min_level_rows THEN 1 END) AS small,
    STRING_AGG(CASE WHEN n >= @min_level_rows THEN said END, '; ' ORDER BY n DESC, said) AS structural_said,
    STRING_AGG(CASE WHEN n < @min_level_rows THEN said END, '; ' ORDER BY n DESC, said) AS small_said
  FROM single_arm
), fit AS (
  /* A level that exists in one arm only is positivity's to report */
  SELECT
    MAX(p.gradient) AS gradient,
    MAX(CASE WHEN p.converged OR p.status = 'separated' THEN 1 ELSE 0 END) AS settled,
    COUNT(CASE WHEN p.status = 'separated' AND s.covariate IS NULL THEN 1 END) AS separated,
    COUNT(CASE WHEN p.status IN ('collinear', 'constant') THEN 1 END) AS redundant,
    STRING_AGG(CASE WHEN p.status = 'separated' AND s.covariate IS NULL THEN p.term END, '; ' ORDER BY p.term) AS separated_said,
    STRING_AGG(
      CASE
        WHEN p.status = 'constant'
        THEN p.term || ' is constant'
        WHEN p.status = 'collinear'
        THEN p.term || ' is determined by ' || p.detail
      END,
      '; '
      ORDER BY p.term
    ) AS redundant_said
  FROM diagnostics.@{dataset}_propensity AS p
  LEFT JOIN (
    SELECT DISTINCT
      covariate
    FROM single_arm
  ) AS s
    ON p.kind = 'level' AND p.covariate = s.covariate
), overlap AS (
  SELECT
    *,
    LEAST(ess_@{estimand}_treated / n_treated, ess_@{estimand}_control / n_control) AS ess_share
  FROM diagnostics.@{dataset}_overlap
), differences AS (
  SELECT
    b.covariate,
    b.smd_ato,
    CASE WHEN @balance_on = 'raw' THEN b.smd_unadjusted ELSE b.smd_@estimand END AS smd,
    CASE WHEN @balance_on = 'raw' THEN b.p_unadjusted ELSE b.p_weighted END * COUNT(*) OVER () < 0.05 AS significant,
    o.n AS n
  FROM diagnostics.@{dataset}_balance AS b
  CROSS JOIN overlap AS o
), judged AS (
  /* Below 2,000 rows chance alone leaves |SMD| over 0.1: up to Rubin's bound it must also be significant */
  SELECT
    *,
    CASE
      WHEN smd IS NULL OR ISNAN(smd)
      THEN 2
      WHEN ABS(smd) <= LEAST(@smd_warn, @smd_fail)
      THEN 0
      WHEN ABS(smd) <= @smd_fail
      THEN 1
      WHEN @balance_on = 'significant' AND NOT significant
      THEN 1
      WHEN @balance_on = 'weighted' AND n < 2000 AND ABS(smd) <= @smd_small_sample_fail AND NOT significant
      THEN 1
      ELSE 2
    END AS severity
  FROM differences
), balance AS (
  SELECT
    MAX(ABS(smd)) AS worst,
    MAX(severity) AS severity,
    MAX(ABS(smd_ato)) AS invariant,
    STRING_AGG(
      CASE WHEN place <= 5 AND severity > 0 THEN covariate || ' ' || COALESCE(CAST(ROUND(smd, 3) AS TEXT), 'has no figure') END,
      '; '
      ORDER BY place
    ) AS said
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (ORDER BY severity DESC, ABS(smd) DESC, covariate) AS place
    FROM judged
  )
), figures AS (
  SELECT
    'both_arms' AS gate,
    LEAST(n_treated, n_control) AS value,
    '>=' AS comparison,
    1 AS threshold,
    'fail' AS otherwise,
    NULL AS subject
  FROM overlap
  UNION ALL
  SELECT
    'positivity',
    structural,
    '<=',
    0,
    'fail',
    structural_said
  FROM levels
  UNION ALL
  SELECT
    'positivity_small_levels',
    small,
    '<=',
    0,
    'warn',
    small_said
  FROM levels
  UNION ALL
  SELECT
    'fit_converged',
    settled,
    '>=',
    1,
    'fail',
    'largest mean score ' || gradient
  FROM fit
  UNION ALL
  SELECT
    'separation',
    separated,
    '<=',
    0,
    'fail',
    separated_said
  FROM fit
  UNION ALL
  SELECT
    'collinear',
    redundant,
    '<=',
    0,
    @collinear_verdict,
    redundant_said
  FROM fit
  UNION ALL
  SELECT
    'fit_invariant',
    GREATEST(b.invariant, ABS(o.ps_mean - o.prevalence)),
    '<=',
    1e-8,
    'fail',
    NULL
  FROM balance AS b
  CROSS JOIN overlap AS o
  UNION ALL
  SELECT
    'overlap_share',
    overlap_share,
    '>=',
    @overlap_share_at_least,
    'fail',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'tail_lt_001',
    tail_lt_001,
    '<=',
    @tail_mass_at_most,
    'fail',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'tail_gt_099',
    tail_gt_099,
    '<=',
    @tail_mass_at_most,
    'fail',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'equipoise',
    equipoise,
    '>=',
    @equipoise_at_least,
    'warn',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'auc',
    auc,
    '<=',
    0.9,
    'warn',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'ess_share',
    ess_share,
    '>=',
    0.1,
    'warn',
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'max_weight_share',
    max_weight_share_@estimand,
    '<=',
    0.05,
    'warn',
    NULL
  FROM overlap
)
SELECT
  gate,
  value,
  comparison,
  threshold,
  CASE
    WHEN value IS NULL OR ISNAN(value)
    THEN otherwise
    WHEN comparison = '>=' AND value >= threshold
    THEN 'pass'
    WHEN comparison = '<=' AND value <= threshold
    THEN 'pass'
    ELSE otherwise
  END AS verdict,
  subject
FROM figures
UNION ALL
SELECT
  'balance',
  worst,
  '<=',
  @smd_fail,
  CASE severity WHEN 0 THEN 'pass' WHEN 1 THEN 'warn' ELSE 'fail' END,
  said
FROM balance
