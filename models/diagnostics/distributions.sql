MODEL (
  name diagnostics.@{dataset}_distributions,
  kind FULL,
  description 'What needs the values of each number in order: how many there are, the KS distance between the arms, and the AUC of the number by itself',
  grain covariate,
  columns (
    covariate TEXT,
    distinct_values BIGINT,
    lowest DOUBLE,
    highest DOUBLE,
    ks_unadjusted DOUBLE,
    ks_ate DOUBLE,
    ks_att DOUBLE,
    ks_atc DOUBLE,
    ks_ato DOUBLE,
    auc_treatment DOUBLE,
    auc_outcome DOUBLE
  ),
  column_descriptions (
    auc_treatment = 'Probability that a treated row has the larger value, ties counted half (Mann-Whitney)',
    auc_outcome = 'The same of a row with outcome 1 against one with outcome 0'
  ),
  audits (
    not_null(columns := (covariate, distinct_values, lowest, highest)),
    unique_values(columns := (covariate)),
    accepted_range(column := ks_unadjusted, min_v := 0, max_v := 1.000001),
    accepted_range(column := auc_treatment, min_v := 0, max_v := 1)
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
    SUM(CASE WHEN _treated = 0 THEN w_ato ELSE 0 END) AS control_ato,
    SUM(CASE WHEN _outcome = 1 THEN w_unadjusted ELSE 0 END) AS outcome_1,
    SUM(CASE WHEN _outcome = 0 THEN w_unadjusted ELSE 0 END) AS outcome_0
  FROM @weighted_numbers AS v
  GROUP BY
    covariate,
    x
), gaps AS (
  SELECT
    covariate,
    x,
    SUM(treated_unadjusted) OVER below / NULLIF(SUM(treated_unadjusted) OVER whole, 0) - SUM(control_unadjusted) OVER below / NULLIF(SUM(control_unadjusted) OVER whole, 0) AS gap_unadjusted,
    SUM(treated_ate) OVER below / NULLIF(SUM(treated_ate) OVER whole, 0) - SUM(control_ate) OVER below / NULLIF(SUM(control_ate) OVER whole, 0) AS gap_ate,
    SUM(treated_att) OVER below / NULLIF(SUM(treated_att) OVER whole, 0) - SUM(control_att) OVER below / NULLIF(SUM(control_att) OVER whole, 0) AS gap_att,
    SUM(treated_atc) OVER below / NULLIF(SUM(treated_atc) OVER whole, 0) - SUM(control_atc) OVER below / NULLIF(SUM(control_atc) OVER whole, 0) AS gap_atc,
    SUM(treated_ato) OVER below / NULLIF(SUM(treated_ato) OVER whole, 0) - SUM(control_ato) OVER below / NULLIF(SUM(control_ato) OVER whole, 0) AS gap_ato,
    treated_unadjusted * (SUM(control_unadjusted) OVER below - control_unadjusted / 2) AS won_by_treated,
    SUM(treated_unadjusted) OVER whole * SUM(control_unadjusted) OVER whole AS pairs_of_arms,
    outcome_1 * (SUM(outcome_0) OVER below - outcome_0 / 2) AS won_by_1,
    SUM(outcome_1) OVER whole * SUM(outcome_0) OVER whole AS pairs_of_outcomes
  FROM steps
  WINDOW whole AS (PARTITION BY covariate), below AS (PARTITION BY covariate ORDER BY x ROWS UNBOUNDED PRECEDING)
)
SELECT
  covariate,
  COUNT(*) AS distinct_values,
  MIN(x) AS lowest,
  MAX(x) AS highest,
  MAX(ABS(gap_unadjusted)) AS ks_unadjusted,
  MAX(ABS(gap_ate)) AS ks_ate,
  MAX(ABS(gap_att)) AS ks_att,
  MAX(ABS(gap_atc)) AS ks_atc,
  MAX(ABS(gap_ato)) AS ks_ato,
  SUM(won_by_treated) / NULLIF(MAX(pairs_of_arms), 0) AS auc_treatment,
  SUM(won_by_1) / NULLIF(MAX(pairs_of_outcomes), 0) AS auc_outcome
FROM gaps
GROUP BY
  covariate
