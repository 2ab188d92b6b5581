MODEL (
  name diagnostics.@{dataset}_judgements,
  kind FULL,
  description 'Every figure that is judged, with its threshold and verdict, each for itself; those of overlap and balance are judged here',
  grain gate,
  columns (
    gate TEXT,
    value DOUBLE,
    comparison TEXT,
    threshold DOUBLE,
    verdict TEXT,
    subject TEXT,
    unexplained BIGINT
  ),
  column_descriptions (
    unexplained = 'How many of the subjects are not named by a gate that comes first; NULL where that is not counted'
  ),
  audits (
    unique_values(columns := (gate)),
    accepted_values(column := verdict, is_in := ('pass', 'warn', 'fail'))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(is_logistic, estimand, balance_on, min_level_rows, overlap_share_at_least, tail_mass_at_most, equipoise_at_least, smd_warn, smd_fail, smd_small_sample_fail)
);

WITH overlap AS (
  SELECT
    *,
    LEAST(ess_@{estimand}_treated / n_treated, ess_@{estimand}_control / n_control) AS ess_share
  FROM diagnostics.@{dataset}_overlap
), differences AS (
  SELECT
    b.covariate,
    b.term,
    b.n_treated + b.n_control = 0 AS never_observed,
    h.covariate IS NULL AS beyond_holes,
    b.smd_ato,
    CASE WHEN @balance_on = 'raw' THEN b.smd_unadjusted ELSE b.smd_@estimand END AS smd,
    CASE WHEN @balance_on = 'raw' THEN b.p_unadjusted ELSE b.p_weighted END * COUNT(*) OVER (PARTITION BY b.term = 'covariate') < 0.05 AS significant,
    o.n AS n
  FROM diagnostics.@{dataset}_balance AS b
  CROSS JOIN overlap AS o
  LEFT JOIN (
    SELECT DISTINCT
      covariate
    FROM diagnostics.@{dataset}_positivity
    WHERE
      n >= @min_level_rows AND (
        n_treated = 0 OR n_control = 0
      )
  ) AS h
    ON b.parent = h.covariate
), judged AS (
  /* Below 2,000 rows chance alone leaves |SMD| over 0.1: up to Rubin's bound it must also be significant. What has no
     value in any row is collinear's to report */
  SELECT
    *,
    CASE
      WHEN never_observed
      THEN 0
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
    COUNT(CASE WHEN severity > 0 AND beyond_holes THEN 1 END) AS unexplained,
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
    WHERE
      term = 'covariate'
  )
), terms AS (
  /* Squares and products say how the weights balance the shapes; no weights are refused for them */
  SELECT
    COALESCE(MAX(ABS(smd)), 0) AS worst,
    STRING_AGG(CASE WHEN place <= 5 AND ABS(smd) > @smd_fail THEN covariate || ' ' || ROUND(smd, 3) END, '; ' ORDER BY place) AS said
  FROM (
    SELECT
      *,
      ROW_NUMBER() OVER (ORDER BY ABS(smd) DESC NULLS LAST, covariate) AS place
    FROM judged
    WHERE
      term <> 'covariate'
  )
), constants AS (
  /* The KS distance is the larger share of the other arm above or below the one value: chance leaves five rows nowhere */
  SELECT
    covariate,
    CASE WHEN variance_treated = 0 THEN mean_treated ELSE mean_control END AS x,
    CASE WHEN variance_treated = 0 THEN n_treated ELSE n_control END AS n,
    CASE WHEN variance_treated = 0 THEN ' treated' ELSE ' untreated' END AS arm
  FROM (
    SELECT
      c.*,
      ks_unadjusted * CASE WHEN variance_treated = 0 THEN n_control ELSE n_treated END AS n_elsewhere
    FROM diagnostics.@{dataset}_contrasts AS c
    INNER JOIN diagnostics.@{dataset}_distributions AS d
      ON c.covariate = d.covariate
    WHERE
      segment = ''
      AND weighting = 'unadjusted'
      AND type = 'continuous'
      AND (
        variance_treated = 0 OR variance_control = 0
      )
  )
  WHERE
    n_elsewhere >= @min_level_rows
    AND n_elsewhere * CASE WHEN variance_treated = 0 THEN n_treated ELSE n_control END / (
      n_treated + n_control
    ) >= 5
), constant AS (
  SELECT
    COUNT(*) AS n,
    STRING_AGG(covariate || ' is ' || ROUND(x, 4) || ' in all ' || n || arm || ' rows with a value', '; ' ORDER BY covariate) AS said
  FROM constants
), segments AS (
  /* The whole may hide a segment; in a few rows chance alone does */
  SELECT
    COALESCE(MIN(overlap_share), 1) AS overlap_share,
    COUNT(CASE WHEN beyond > 0 THEN 1 END) AS unbalanced,
    STRING_AGG(
      CASE WHEN overlap_share < @overlap_share_at_least THEN segment || ' = ' || stratum || ': ' || ROUND(overlap_share, 3) || ' of ' || n || ' rows' END,
      '; '
      ORDER BY overlap_share, segment, stratum
    ) AS overlap_said,
    STRING_AGG(CASE WHEN beyond > 0 THEN segment || ' = ' || stratum || ': ' || worst || ' ' || ROUND(max_smd, 3) END, '; ' ORDER BY max_smd DESC, segment, stratum) AS balance_said
  FROM diagnostics.@{dataset}_segments
  WHERE
    n >= @min_level_rows
), figures AS (
  SELECT
    'both_arms' AS gate,
    LEAST(n_treated, n_control) AS value,
    '>=' AS comparison,
    1 AS threshold,
    'fail' AS otherwise,
    NULL AS subject,
    NULL AS unexplained
  FROM overlap
  UNION ALL
  SELECT
    'fit_invariant',
    GREATEST(b.invariant, ABS(o.ps_mean - o.prevalence)),
    '<=',
    1e-8,
    'fail',
    NULL,
    NULL
  FROM balance AS b
  CROSS JOIN overlap AS o
  UNION ALL
  SELECT
    'balance_terms',
    worst,
    '<=',
    @smd_fail,
    'warn',
    said,
    NULL
  FROM terms
  UNION ALL
  SELECT
    'constant_in_arm',
    n,
    '<=',
    0,
    'warn',
    said,
    NULL
  FROM constant
  UNION ALL
  SELECT
    'segment_overlap',
    overlap_share,
    '>=',
    @overlap_share_at_least,
    'warn',
    overlap_said,
    NULL
  FROM segments
  UNION ALL
  SELECT
    'segment_balance',
    unbalanced,
    '<=',
    0,
    'warn',
    balance_said,
    NULL
  FROM segments
  UNION ALL
  SELECT
    'overlap_share',
    overlap_share,
    '>=',
    @overlap_share_at_least,
    'fail',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'tail_lt_001',
    tail_lt_001,
    '<=',
    @tail_mass_at_most,
    'fail',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'tail_gt_099',
    tail_gt_099,
    '<=',
    @tail_mass_at_most,
    'fail',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'equipoise',
    equipoise,
    '>=',
    @equipoise_at_least,
    'warn',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'auc',
    auc,
    '<=',
    0.9,
    'warn',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'ess_share',
    ess_share,
    '>=',
    0.1,
    'warn',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    'max_weight_share',
    max_weight_share_@estimand,
    '<=',
    0.05,
    'warn',
    NULL,
    NULL
  FROM overlap
  UNION ALL
  SELECT
    *
  FROM diagnostics.@{dataset}_judged_fit
  UNION ALL
  SELECT
    *
  FROM diagnostics.@{dataset}_judged_leakage
  UNION ALL
  SELECT
    *
  FROM diagnostics.@{dataset}_judged_outcome
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
  subject,
  unexplained
FROM figures
WHERE
  @is_logistic OR NOT gate IN ('fit_converged', 'separation', 'collinear', 'fit_invariant')
UNION ALL
SELECT
  'balance',
  worst,
  '<=',
  @smd_fail,
  CASE severity WHEN 0 THEN 'pass' WHEN 1 THEN 'warn' ELSE 'fail' END,
  said,
  unexplained
FROM balance
