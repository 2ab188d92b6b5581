MODEL (
  name diagnostics.@{dataset}_judged_outcome,
  kind FULL,
  description 'Whether the outcome is there in both arms and takes more than one value in them, judged',
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
  blueprints @datasets(population, treated, outcome, outcome_name)
);

WITH arms AS (
  SELECT
    @treated AS treated,
    CASE WHEN @treated = 1 THEN ' treated' ELSE ' untreated' END || ' rows' AS said,
    COUNT(*) AS n,
    COUNT(@outcome) AS n_outcome,
    MIN(@outcome) AS lowest,
    MAX(@outcome) AS highest
  FROM curated.@population
  WHERE
    NOT @outcome_name IS NULL
  GROUP BY
    @treated
), figures AS (
  SELECT
    COUNT(CASE WHEN n_outcome = 0 THEN 1 END) AS absent,
    COUNT(CASE WHEN lowest = highest THEN 1 END) AS constant,
    STRING_AGG(CASE WHEN n_outcome = 0 THEN @outcome_name || ' has no value in any of ' || n || said END, '; ' ORDER BY treated DESC) AS absent_said,
    STRING_AGG(
      CASE
        WHEN lowest = highest
        THEN @outcome_name || ' is ' || lowest || ' in all ' || n_outcome || said || ' with a value'
      END,
      '; '
      ORDER BY treated DESC
    ) AS constant_said,
    CASE
      WHEN MIN(lowest) = MAX(highest)
      THEN CAST(MIN(lowest) AS TEXT)
      WHEN COUNT(CASE WHEN lowest = treated AND highest = treated THEN 1 END) = 2
      THEN 'the treatment'
      WHEN COUNT(CASE WHEN lowest = 1 - treated AND highest = 1 - treated THEN 1 END) = 2
      THEN '1 less the treatment'
    END AS everywhere,
    SUM(n_outcome) AS n_outcome
  FROM arms
)
SELECT
  'outcome_absent' AS gate,
  absent AS value,
  '<=' AS comparison,
  0 AS threshold,
  'fail' AS otherwise,
  absent_said AS subject,
  NULL AS unexplained
FROM figures
UNION ALL
/* In one arm alone it may be a rare event */
SELECT
  'outcome_constant',
  constant,
  '<=',
  0,
  CASE WHEN constant = 2 THEN 'fail' ELSE 'warn' END,
  CASE
    WHEN constant = 2 AND NOT everywhere IS NULL
    THEN @outcome_name || ' is ' || everywhere || ' in all ' || n_outcome || ' rows with a value'
    ELSE constant_said
  END,
  NULL
FROM figures
