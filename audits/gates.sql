/* The gates, one audit a cause, on diagnostics.<dataset>_gates: a row that says 'fail' stops the promotion. */
AUDIT (
  name both_arms
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'both_arms' AND verdict = 'fail';

AUDIT (
  name positivity
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'positivity' AND verdict = 'fail';

AUDIT (
  name fit_converged
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'fit_converged' AND verdict = 'fail';

AUDIT (
  name no_separation
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'separation' AND verdict = 'fail';

AUDIT (
  name no_late_values
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'leakage_time' AND verdict = 'fail';

AUDIT (
  name no_leakage
);

SELECT
  *
FROM @this_model
WHERE
  gate IN ('leakage_treatment', 'leakage_treatment_missing', 'leakage_outcome', 'leakage_outcome_missing') AND verdict = 'fail';

AUDIT (
  name no_collinearity
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'collinear' AND verdict = 'fail';

AUDIT (
  name outcome_in_both_arms
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'outcome_absent' AND verdict = 'fail';

AUDIT (
  name outcome_varies
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'outcome_constant' AND verdict = 'fail';

/* Overlap-weighted mean differences are 0 at the maximum likelihood (Li, Morgan & Zaslavsky 2018) */
AUDIT (
  name fit_invariant
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'fit_invariant' AND verdict = 'fail';

AUDIT (
  name overlap_share
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'overlap_share' AND verdict = 'fail';

AUDIT (
  name tail_mass
);

SELECT
  *
FROM @this_model
WHERE
  gate IN ('tail_lt_001', 'tail_gt_099') AND verdict = 'fail';

AUDIT (
  name covariate_balance
);

SELECT
  *
FROM @this_model
WHERE
  gate = 'balance' AND verdict = 'fail';

/* What a gate only warns of is shown and stops nothing */
AUDIT (
  name gate_warnings,
  blocking FALSE
);

SELECT
  *
FROM @this_model
WHERE
  verdict = 'warn';
