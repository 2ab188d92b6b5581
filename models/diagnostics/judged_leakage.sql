MODEL (
  name diagnostics.@{dataset}_judged_leakage,
  kind FULL,
  description 'What of the treatment and the outcome each covariate tells too well or knows too early, judged',
  grain gate,
  columns (
    gate TEXT,
    value DOUBLE,
    comparison TEXT,
    threshold DOUBLE,
    otherwise TEXT,
    subject TEXT,
    unexplained BIGINT
  ),
  column_descriptions (
    otherwise = 'The verdict where the figure does not hold',
    unexplained = 'How many of the subjects are not named by a gate that comes first; NULL where that is not counted'
  ),
  audits (
    not_null(columns := (gate, comparison, threshold, otherwise)),
    unique_values(columns := (gate))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(leak_auc, leak_correlation, leak_treatment_verdict, leak_outcome_verdict)
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
    COALESCE(SUM(undated), 0) AS undated,
    STRING_AGG(
      CASE WHEN n > 0 THEN covariate || ', known at ' || available_at || ': ' || n || ' rows, such as ' || sample END,
      '; '
      ORDER BY n DESC, covariate
    ) AS said,
    STRING_AGG(
      CASE
        WHEN undated > 0
        THEN covariate || ', whose ' || available_at || ' is missing: ' || undated || ' rows, such as ' || undated_sample
      END,
      '; '
      ORDER BY undated DESC, covariate
    ) AS undated_said
  FROM diagnostics.@{dataset}_availability
)
SELECT
  'leakage_time' AS gate,
  n AS value,
  '<=' AS comparison,
  0 AS threshold,
  'fail' AS otherwise,
  said AS subject,
  n AS unexplained
FROM late
UNION ALL
SELECT
  'leakage_time_missing',
  undated,
  '<=',
  0,
  'warn',
  undated_said,
  NULL
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
