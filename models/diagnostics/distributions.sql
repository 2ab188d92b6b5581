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
    auc_outcome DOUBLE,
    ks_bound DOUBLE
  ),
  column_descriptions (
    distinct_values = 'Where values are binned a bin of several counts as three, so that 2 is always two',
    ks_bound = 'How much larger any of the KS distances may be, values having been binned; 0 where they are exact',
    auc_treatment = 'Probability that a treated row has the larger value, ties counted half (Mann-Whitney)',
    auc_outcome = 'The same of a row with outcome 1 against one with outcome 0'
  ),
  audits (
    not_null(columns := (covariate, distinct_values, lowest, highest)),
    unique_values(columns := (covariate)),
    accepted_range(column := ks_unadjusted, min_v := 0, max_v := 1.000001),
    accepted_range(column := auc_treatment, min_v := 0, max_v := 1),
    accepted_range(column := ks_bound, min_v := 0, max_v := 1)
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(population, weighted_numbers, exact_rows, bins)
);

/* A number between -1 and 1, steep about its centre and flat far out. Each operation rounds in the order of the values,
so that no two of them change places */
@DEF(
  squeezed,
  (x, centre, spread) -> CASE
    WHEN x < centre
    THEN 1 / (1 + (centre - x) / spread) - 1
    ELSE 1 - 1 / (1 + (x - centre) / spread)
  END
);

@DEF(share, w -> w / NULLIF(SUM(w) OVER whole, 0));

@DEF(share_below, w -> SUM(w) OVER below / NULLIF(SUM(w) OVER whole, 0));

/* How far the distributions may be apart within a bin, in which the one may have risen before the other does */
@DEF(
  reach,
  (gap, treated, control) -> CASE
    WHEN lowest < highest
    THEN GREATEST(gap + control, treated - gap)
    ELSE 0
  END
);

WITH size AS (
  SELECT
    COUNT(*) AS n
  FROM curated.@population
), sampled AS (
  /* Where there are too many rows to sort, one in 256 tells where a number lies and how widely it spreads */
  SELECT
    covariate,
    x,
    MEDIAN(x) OVER (PARTITION BY covariate) AS centre
  FROM @weighted_numbers AS v
  CROSS JOIN size
  WHERE
    n > @exact_rows AND row_id < '01'
), scales AS (
  SELECT
    covariate,
    centre,
    MEDIAN(NULLIF(ABS(x - centre), 0)) AS spread
  FROM sampled
  GROUP BY
    covariate,
    centre
), placed AS (
  SELECT
    v.*,
    CASE
      WHEN n > @exact_rows
      THEN FLOOR(@bins * @squeezed(x, COALESCE(centre, 0), COALESCE(spread, 1)))
      ELSE x
    END AS place
  FROM @weighted_numbers AS v
  CROSS JOIN size
  LEFT JOIN scales AS s
    ON v.covariate = s.covariate
), steps AS (
  /* Tied values move both distribution functions at once */
  SELECT
    covariate,
    place,
    MIN(x) AS lowest,
    MAX(x) AS highest,
    SUM(CASE WHEN _treated = 1 THEN w_unadjusted ELSE 0 END) AS treated_unadjusted,
    SUM(CASE WHEN _treated = 1 THEN w_atc ELSE 0 END) AS treated_odds,
    SUM(CASE WHEN _treated = 1 THEN w_ato ELSE 0 END) AS treated_ato,
    SUM(CASE WHEN _treated = 0 THEN w_unadjusted ELSE 0 END) AS control_unadjusted,
    SUM(CASE WHEN _treated = 0 THEN w_att ELSE 0 END) AS control_odds,
    SUM(CASE WHEN _treated = 0 THEN w_ato ELSE 0 END) AS control_ato,
    SUM(CASE WHEN _outcome = 1 THEN w_unadjusted ELSE 0 END) AS outcome_1,
    SUM(CASE WHEN _outcome = 0 THEN w_unadjusted ELSE 0 END) AS outcome_0
  FROM placed
  GROUP BY
    covariate,
    place
), weighed AS (
  /* Every other weight is a sum: ATE 1 + odds; ATT 1 if treated, else odds; ATC the reverse */
  SELECT
    *,
    treated_unadjusted + treated_odds AS treated_ate,
    treated_unadjusted AS treated_att,
    treated_odds AS treated_atc,
    control_unadjusted + control_odds AS control_ate,
    control_odds AS control_att,
    control_unadjusted AS control_atc
  FROM steps
), gaps AS (
  SELECT
    covariate,
    lowest,
    highest,
    @share_below(treated_unadjusted) - @share_below(control_unadjusted) AS gap_unadjusted,
    @share_below(treated_ate) - @share_below(control_ate) AS gap_ate,
    @share_below(treated_att) - @share_below(control_att) AS gap_att,
    @share_below(treated_atc) - @share_below(control_atc) AS gap_atc,
    @share_below(treated_ato) - @share_below(control_ato) AS gap_ato,
    @share(treated_unadjusted) AS treated_unadjusted,
    @share(treated_ate) AS treated_ate,
    @share(treated_att) AS treated_att,
    @share(treated_atc) AS treated_atc,
    @share(treated_ato) AS treated_ato,
    @share(control_unadjusted) AS control_unadjusted,
    @share(control_ate) AS control_ate,
    @share(control_att) AS control_att,
    @share(control_atc) AS control_atc,
    @share(control_ato) AS control_ato,
    treated_unadjusted * (
      SUM(control_unadjusted) OVER below - control_unadjusted / 2
    ) AS won_by_treated,
    SUM(treated_unadjusted) OVER whole * SUM(control_unadjusted) OVER whole AS pairs_of_arms,
    outcome_1 * (
      SUM(outcome_0) OVER below - outcome_0 / 2
    ) AS won_by_1,
    SUM(outcome_1) OVER whole * SUM(outcome_0) OVER whole AS pairs_of_outcomes
  FROM weighed
  WINDOW whole AS (PARTITION BY covariate), below AS (PARTITION BY covariate ORDER BY place ROWS UNBOUNDED PRECEDING)
), distances AS (
  /* A bin of several values counts as three, lest they be taken for a number with two */
  SELECT
    covariate,
    COUNT(*) + 2 * COUNT(CASE WHEN lowest < highest THEN 1 END) AS distinct_values,
    MIN(lowest) AS lowest,
    MAX(highest) AS highest,
    MAX(ABS(gap_unadjusted)) AS ks_unadjusted,
    MAX(ABS(gap_ate)) AS ks_ate,
    MAX(ABS(gap_att)) AS ks_att,
    MAX(ABS(gap_atc)) AS ks_atc,
    MAX(ABS(gap_ato)) AS ks_ato,
    MAX(@reach(gap_unadjusted, treated_unadjusted, control_unadjusted)) AS reach_unadjusted,
    MAX(@reach(gap_ate, treated_ate, control_ate)) AS reach_ate,
    MAX(@reach(gap_att, treated_att, control_att)) AS reach_att,
    MAX(@reach(gap_atc, treated_atc, control_atc)) AS reach_atc,
    MAX(@reach(gap_ato, treated_ato, control_ato)) AS reach_ato,
    SUM(won_by_treated) / NULLIF(MAX(pairs_of_arms), 0) AS auc_treatment,
    SUM(won_by_1) / NULLIF(MAX(pairs_of_outcomes), 0) AS auc_outcome
  FROM gaps
  GROUP BY
    covariate
)
SELECT
  covariate,
  distinct_values,
  lowest,
  highest,
  ks_unadjusted,
  ks_ate,
  ks_att,
  ks_atc,
  ks_ato,
  auc_treatment,
  auc_outcome,
  COALESCE(GREATEST(0, reach_unadjusted - ks_unadjusted, reach_ate - ks_ate, reach_att - ks_att, reach_atc - ks_atc, reach_ato - ks_ato), 0) AS ks_bound
FROM distances
