MODEL (
  name diagnostics.@{dataset}_judgements,
  kind FULL,
  description 'Every figure that is judged, with its threshold and verdict, each for itself',
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
  blueprints @datasets(estimand, balance_on, collinear_verdict, min_level_rows, overlap_share_at_least, tail_mass_at_most, equipoise_at_least, smd_warn, smd_fail, smd_small_sample_fail, leak_auc, leak_correlation, leak_treatment_verdict, leak_outcome_verdict)
);

WITH leaks AS (
  /* Strength is the AUC, or for an outcome other than 0 and 1 the share of its variance */
  SELECT
    covariate,
    parent,
    kind = 'missing' AS missing,
    auc_treatment,
    correlation_treatment,
    COALESCE(auc_outcome, r2_outcome) AS told_outcome,
    auc_treatment > @leak_auc AS tells_treatment,
    COALESCE(auc_outcome, r2_outcome) > @leak_auc AS tells_outcome,
    correlation_treatment > @leak_correlation AS correlates,
    ' in ' || n || ' rows, such as ' || sample AS said
  FROM diagnostics.@{dataset}_leakage
), leaking AS (
  SELECT DISTINCT
    parent
  FROM leaks
  WHERE
    tells_treatment AND @leak_treatment_verdict = 'fail'
), leaked AS (
  SELECT
    missing,
    COALESCE(MAX(auc_treatment), 0.5) AS treatment,
    COALESCE(MAX(told_outcome), 0) AS outcome,
    STRING_AGG(CASE WHEN tells_treatment THEN covariate || ' ' || ROUND(auc_treatment, 4) || said END, '; ' ORDER BY auc_treatment DESC, covariate) AS treatment_said,
    STRING_AGG(CASE WHEN tells_outcome THEN covariate || ' ' || ROUND(told_outcome, 4) || said END, '; ' ORDER BY told_outcome DESC, covariate) AS outcome_said
  FROM (
    SELECT
      *
    FROM leaks
    UNION ALL
    SELECT
      '', '', missing, NULL, NULL, NULL, FALSE, FALSE, FALSE, NULL
    FROM (VALUES (TRUE), (FALSE)) AS each(missing)
  )
  GROUP BY
    missing
), correlated AS (
  SELECT
    COALESCE(MAX(correlation_treatment), 0) AS value,
    COUNT(CASE WHEN correlates AND k.parent IS NULL THEN 1 END) AS unexplained,
    STRING_AGG(CASE WHEN correlates THEN covariate || ' ' || ROUND(correlation_treatment, 3) END, '; ' ORDER BY correlation_treatment DESC, covariate) AS said
  FROM leaks AS l
  LEFT JOIN leaking AS k
    ON l.parent = k.parent
), late AS (
  SELECT
    COALESCE(SUM(n), 0) AS n,
    STRING_AGG(covariate || ', known at ' || available_at || ': ' || n || ' rows, such as ' || sample, '; ' ORDER BY n DESC, covariate) AS said
  FROM diagnostics.@{dataset}_availability
  WHERE
    n > 0
), single_arm AS (
  SELECT
    covariate,
    level,
    n,
    NOT k.parent IS NULL AS leaks,
    covariate || ' = ' || level || ': ' || n || ' rows, ' || CASE WHEN n_treated = 0 THEN 'none treated' ELSE 'all treated' END AS said
  FROM diagnostics.@{dataset}_positivity AS p
  LEFT JOIN leaking AS k
    ON p.covariate = k.parent
  WHERE
    n_treated = 0 OR n_control = 0
), levels AS (
  SELECT
    COUNT(CASE WHEN n >= @min_level_rows THEN 1 END) AS structural,
    COUNT(CASE WHEN n >= @min_level_rows AND NOT leaks THEN 1 END) AS structural_unexplained,
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
    COUNT(CASE WHEN p.status = 'separated' AND s.covariate IS NULL AND k.parent IS NULL THEN 1 END) AS separated_unexplained,
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
  LEFT JOIN leaking AS k
    ON p.covariate = k.parent
), overlap AS (
  SELECT
    *,
    LEAST(ess_@{estimand}_treated / n_treated, ess_@{estimand}_control / n_control) AS ess_share
  FROM diagnostics.@{dataset}_overlap
), differences AS (
  SELECT
    b.covariate,
    h.covariate IS NULL AS beyond_holes,
    b.smd_ato,
    CASE WHEN @balance_on = 'raw' THEN b.smd_unadjusted ELSE b.smd_@estimand END AS smd,
    CASE WHEN @balance_on = 'raw' THEN b.p_unadjusted ELSE b.p_weighted END * COUNT(*) OVER () < 0.05 AS significant,
    o.n AS n
  FROM diagnostics.@{dataset}_balance AS b
  CROSS JOIN overlap AS o
  LEFT JOIN (
    SELECT DISTINCT
      covariate
    FROM single_arm
    WHERE
      n >= @min_level_rows
  ) AS h
    ON b.parent = h.covariate
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
  )
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
    'positivity',
    structural,
    '<=',
    0,
    'fail',
    structural_said,
    structural_unexplained
  FROM levels
  UNION ALL
  SELECT
    'positivity_small_levels',
    small,
    '<=',
    0,
    'warn',
    small_said,
    NULL
  FROM levels
  UNION ALL
  SELECT
    'fit_converged',
    settled,
    '>=',
    1,
    'fail',
    'largest mean score ' || gradient,
    NULL
  FROM fit
  UNION ALL
  SELECT
    'separation',
    separated,
    '<=',
    0,
    'fail',
    separated_said,
    separated_unexplained
  FROM fit
  UNION ALL
  SELECT
    'collinear',
    redundant,
    '<=',
    0,
    @collinear_verdict,
    redundant_said,
    NULL
  FROM fit
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
    'leakage_time',
    n,
    '<=',
    0,
    'fail',
    said,
    n
  FROM late
  UNION ALL
  SELECT
    CASE WHEN missing THEN 'leakage_treatment_missing' ELSE 'leakage_treatment' END,
    treatment,
    '<=',
    @leak_auc,
    @leak_treatment_verdict,
    treatment_said,
    NULL
  FROM leaked
  UNION ALL
  SELECT
    CASE WHEN missing THEN 'leakage_outcome_missing' ELSE 'leakage_outcome' END,
    outcome,
    '<=',
    @leak_auc,
    @leak_outcome_verdict,
    outcome_said,
    NULL
  FROM leaked
  UNION ALL
  SELECT
    'leakage_correlation',
    value,
    '<=',
    @leak_correlation,
    'warn',
    said,
    unexplained
  FROM correlated
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
