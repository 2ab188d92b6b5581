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
    subject TEXT,
    follows_from TEXT
  ),
  column_descriptions (
    gate = 'The gate''s name, one a row',
    value = 'The figure that was judged',
    comparison = 'How the figure must stand to the threshold',
    verdict = 'pass, warn or fail',
    subject = 'The covariates, levels or terms behind the figure, worst first',
    follows_from = 'The failing gate that explains this verdict, so that one cause is said once'
  ),
  audits (
    number_of_rows(threshold := @gates_less_one),
    unique_values(columns := (gate)),
    accepted_values(column := verdict, is_in := ('pass', 'warn', 'fail')),
    both_arms,
    positivity,
    fit_converged,
    no_separation,
    no_late_values,
    no_leakage,
    outcome_in_both_arms,
    outcome_varies,
    no_collinearity,
    fit_invariant,
    overlap_share,
    tail_mass,
    covariate_balance,
    gate_warnings
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(gates_less_one)
);

WITH causes AS (
  SELECT
    MAX(CASE WHEN gate = 'both_arms' AND verdict = 'fail' THEN gate END) AS empty_arm,
    MIN(CASE WHEN gate IN ('leakage_treatment', 'leakage_treatment_missing') AND verdict = 'fail' THEN gate END) AS leak,
    MAX(CASE WHEN gate = 'positivity' AND verdict = 'fail' THEN gate END) AS hole,
    MAX(CASE WHEN gate = 'separation' AND verdict = 'fail' THEN gate END) AS separated,
    MAX(CASE WHEN gate = 'fit_converged' AND verdict = 'fail' THEN gate END) AS unsettled,
    MAX(CASE WHEN gate = 'outcome_absent' AND verdict = 'fail' THEN gate END) AS unknown
  FROM diagnostics.@{dataset}_judgements
)
SELECT
  gate,
  value,
  comparison,
  threshold,
  verdict,
  subject,
  CASE
    WHEN verdict = 'pass' OR gate IN ('both_arms', 'collinear', 'outcome_absent') OR gate LIKE 'leakage_%' AND gate <> 'leakage_correlation'
    THEN NULL
    WHEN NOT empty_arm IS NULL
    THEN empty_arm
    WHEN gate = 'outcome_constant'
    THEN unknown
    WHEN gate IN ('positivity', 'separation', 'leakage_correlation') AND unexplained = 0
    THEN leak
    WHEN gate IN ('fit_converged', 'fit_invariant', 'overlap_share', 'tail_lt_001', 'tail_gt_099', 'equipoise', 'auc', 'ess_share', 'max_weight_share', 'constant_in_arm', 'balance', 'balance_terms', 'segment_overlap', 'segment_balance')
    THEN COALESCE(
      leak,
      separated,
      CASE WHEN gate <> 'fit_converged' THEN unsettled END,
      CASE WHEN gate = 'balance' AND unexplained = 0 THEN hole END
    )
  END AS follows_from
FROM diagnostics.@{dataset}_judgements
CROSS JOIN causes
