MODEL (
  name diagnostics.@{dataset}_judged_fit,
  kind FULL,
  description 'What keeps the propensity model from a maximum: levels in one arm only, separation and redundant covariates, judged',
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
  blueprints @datasets(collinear_verdict, min_level_rows, leak_auc, leak_treatment_verdict)
);

WITH leaking AS (
  SELECT DISTINCT
    parent
  FROM diagnostics.@{dataset}_leakage
  WHERE
    auc_treatment > @leak_auc AND @leak_treatment_verdict = 'fail'
), single_arm AS (
  /* A small cell in one arm only is judged by no gate */
  SELECT
    kind,
    covariate,
    n,
    k.parent IS NULL AS stands,
    CASE
      WHEN kind = 'level' AND n < @min_level_rows
      THEN 'positivity_small_levels'
      WHEN kind = 'level'
      THEN 'positivity'
      WHEN n >= @min_level_rows
      THEN 'positivity_cells'
    END AS gate,
    rule || ': ' || n || ' rows, ' || CASE WHEN n_treated = 0 THEN 'none treated' ELSE 'all treated' END AS said
  FROM diagnostics.@{dataset}_positivity AS p
  LEFT JOIN leaking AS k
    ON p.covariate = k.parent
  WHERE
    n_treated = 0 OR n_control = 0
), positivity AS (
  SELECT
    g.gate,
    g.otherwise,
    COUNT(s.gate) AS value,
    COUNT(CASE WHEN stands THEN 1 END) AS unexplained,
    STRING_AGG(CASE WHEN place <= 20 THEN said END, '; ' ORDER BY place) AS said
  FROM (VALUES ('positivity', 'fail'), ('positivity_small_levels', 'warn'), ('positivity_cells', 'warn')) AS g(gate, otherwise)
  LEFT JOIN (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY gate ORDER BY n DESC, said) AS place
    FROM single_arm
  ) AS s
    ON g.gate = s.gate
  GROUP BY
    g.gate,
    g.otherwise
), fit AS (
  /* A level that exists in one arm only is positivity's to report */
  SELECT
    MAX(p.gradient) AS gradient,
    MAX(CASE WHEN p.converged OR p.status = 'separated' THEN 1 ELSE 0 END) AS settled,
    COUNT(CASE WHEN p.status = 'separated' AND s.covariate IS NULL THEN 1 END) AS separated,
    COUNT(CASE WHEN p.status = 'separated' AND s.covariate IS NULL AND k.parent IS NULL THEN 1 END) AS separated_unexplained,
    COUNT(CASE WHEN p.status IN ('collinear', 'constant') THEN 1 END) AS redundant,
    STRING_AGG(
      CASE
        WHEN p.status = 'separated' AND s.covariate IS NULL
        THEN p.term || COALESCE(' from ' || ROUND(d.lowest, 4) || ' to ' || ROUND(d.highest, 4), '')
      END,
      '; '
      ORDER BY p.term
    ) AS separated_said,
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
    WHERE
      kind = 'level'
  ) AS s
    ON p.kind = 'level' AND p.covariate = s.covariate
  LEFT JOIN leaking AS k
    ON p.covariate = k.parent
  /* The range shows where it is one row far out that separates */
  LEFT JOIN diagnostics.@{dataset}_distributions AS d
    ON p.kind = 'number' AND p.covariate = d.covariate
)
SELECT
  gate,
  value,
  '<=' AS comparison,
  0 AS threshold,
  otherwise,
  said AS subject,
  CASE WHEN gate = 'positivity' THEN unexplained END AS unexplained
FROM positivity
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
