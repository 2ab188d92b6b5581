MODEL (
  name diagnostics.@{dataset}_moments,
  kind FULL,
  description 'Moments of every number in each arm, unadjusted and under each weighting, of the whole and in each level of segments and other factors, from one scan; sums are taken about the centre',
  grain (factor, level, covariate, weighting, _treated),
  columns (
    factor TEXT,
    level TEXT,
    covariate TEXT,
    weighting TEXT,
    _treated INT,
    arm_rows BIGINT,
    arm_weight DOUBLE,
    n BIGINT,
    s DOUBLE,
    ss DOUBLE,
    mean DOUBLE,
    squares DOUBLE,
    variance DOUBLE
  ),
  column_descriptions (
    factor = 'The factor whose level the rows have; empty for the whole',
    covariate = 'The number, square or product; empty for the arm itself, whose sums are of the weights alone',
    weighting = 'unadjusted, ate, att, atc or ato',
    arm_rows = 'Rows of the arm',
    arm_weight = 'The sum of their weights',
    n = 'Rows where the number is observed',
    s = 'The sum of their weights',
    ss = 'The sum of their squared weights',
    squares = 'Weighted sum of squares about the mean',
    variance = 'Sum of w (x - m)^2 over 1 - sum of w^2, weights summing to 1: cobalt''s col.w.v'
  ),
  audits (
    not_null(columns := (factor, level, covariate, weighting, _treated, arm_rows, n)),
    unique_combination_of_columns(columns := (factor, level, covariate, weighting, _treated)),
    accepted_values(column := _treated, is_in := (0, 1))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(stratum, stratum_level, strata, whole_of, centres, moments, weights_of_missing, some_missing, variance)
);

/* Within an arm every weight is a sum of these: ATE 1 + odds; ATT 1 if treated, else odds; ATC the reverse; ATO other */
@DEF(odds, CASE WHEN _treated = 1 THEN (1 - ps_hat) / ps_hat ELSE ps_hat / (1 - ps_hat) END);

@DEF(other, CASE WHEN _treated = 1 THEN 1 - ps_hat ELSE ps_hat END);

WITH centres AS (
  SELECT
    @EACH(@centres, c -> c)
  FROM diagnostics.@{dataset}_propensity
), arms AS (
  SELECT
    @stratum AS factor,
    @stratum_level AS level,
    _treated,
    COUNT(*) AS n,
    SUM(_odds) AS odds,
    SUM(_odds * _odds) AS odds_squared,
    SUM(_other) AS other,
    SUM(_other * _other) AS other_squared,
    @moments AS moments
  FROM (
    SELECT
      *,
      @odds AS _odds,
      @other AS _other
    FROM diagnostics.@{dataset}_scores
  ) AS x
  CROSS JOIN centres AS c
  GROUP BY
    _treated,
    GROUPING SETS (@EACH(@strata, s -> s))
), gaps AS (
  /* No scan where no number has missing values: the engine knows it of its columns */
  SELECT
    @stratum AS factor,
    @stratum_level AS level,
    _treated,
    @weights_of_missing AS gaps
  FROM (
    SELECT
      *,
      @odds AS _odds,
      @other AS _other
    FROM diagnostics.@{dataset}_scores
  ) AS x
  WHERE
    @some_missing
  GROUP BY
    _treated,
    GROUPING SETS (@EACH(@strata, s -> s))
), numbers AS (
  SELECT
    *,
    UNNEST(moments) AS m
  FROM arms
), missing AS (
  SELECT
    factor,
    level,
    _treated,
    UNNEST(gaps) AS g
  FROM gaps
), cells AS (
  SELECT
    k.factor,
    k.level,
    m.covariate AS covariate,
    k._treated,
    k.n AS arm_n,
    k.odds AS arm_odds,
    k.other AS arm_other,
    m.centre AS centre,
    CASE WHEN m.covariate = '' THEN k.n ELSE m.n END AS n,
    odds - COALESCE(g.odds, 0) AS s_odds,
    odds_squared - COALESCE(g.odds_squared, 0) AS ss_odds,
    other - COALESCE(g.other, 0) AS s_other,
    other_squared - COALESCE(g.other_squared, 0) AS ss_other,
    m.deviation AS deviation,
    COALESCE(m.variance * m.n, 0) AS squares,
    m.x_odds AS x_odds,
    m.xx_odds AS xx_odds,
    m.x_other AS x_other,
    m.xx_other AS xx_other
  FROM numbers AS k
  LEFT JOIN missing AS v
    ON k.factor = v.factor AND k.level = v.level AND k._treated = v._treated AND m.covariate = g.covariate
), whole AS (
  /* In the order of the levels, so that the same rows give the same bits */
  SELECT
    covariate,
    _treated,
    CAST(SUM(n) AS BIGINT) AS n,
    MIN(lowest) + SUM(n * (deviation - lowest) ORDER BY level) / SUM(n) AS deviation
  FROM (
    SELECT
      *,
      MIN(deviation) OVER (PARTITION BY covariate, _treated) AS lowest
    FROM cells
    WHERE
      factor = @whole_of
  )
  GROUP BY
    covariate,
    _treated
), pooled AS (
  SELECT
    *
  FROM cells
  WHERE
    factor <> ''
  UNION ALL
  SELECT
    '' AS factor,
    '' AS level,
    k.covariate,
    k._treated,
    CAST(SUM(arm_n) AS BIGINT) AS arm_n,
    SUM(arm_odds ORDER BY level) AS arm_odds,
    SUM(arm_other ORDER BY level) AS arm_other,
    MAX(centre) AS centre,
    MAX(w.n) AS n,
    SUM(s_odds ORDER BY level) AS s_odds,
    SUM(ss_odds ORDER BY level) AS ss_odds,
    SUM(s_other ORDER BY level) AS s_other,
    SUM(ss_other ORDER BY level) AS ss_other,
    MAX(w.deviation) AS deviation,
    SUM(squares + k.n * POWER(k.deviation - w.deviation, 2) ORDER BY level) AS squares,
    SUM(x_odds ORDER BY level) AS x_odds,
    SUM(xx_odds ORDER BY level) AS xx_odds,
    SUM(x_other ORDER BY level) AS x_other,
    SUM(xx_other ORDER BY level) AS xx_other
  FROM cells AS k
  INNER JOIN whole AS w
    ON k.covariate = w.covariate AND k._treated = w._treated
  WHERE
    k.factor = @whole_of
  GROUP BY
    k.covariate,
    k._treated
), weighted AS (
  SELECT
    factor,
    level,
    covariate,
    weighting,
    _treated,
    weight,
    centre,
    arm_n,
    n,
    deviation,
    squares AS unweighted,
    CASE weight
      WHEN 'one'
      THEN arm_n
      WHEN 'odds'
      THEN arm_odds
      WHEN 'other'
      THEN arm_other
      ELSE arm_n + arm_odds
    END AS arm_weight,
    CASE weight
      WHEN 'one'
      THEN n
      WHEN 'odds'
      THEN s_odds
      WHEN 'other'
      THEN s_other
      ELSE n + s_odds
    END AS s,
    CASE weight
      WHEN 'one'
      THEN n
      WHEN 'odds'
      THEN ss_odds
      WHEN 'other'
      THEN ss_other
      ELSE n + 2 * s_odds + ss_odds
    END AS ss,
    CASE weight
      WHEN 'one'
      THEN n * deviation
      WHEN 'odds'
      THEN x_odds
      WHEN 'other'
      THEN x_other
      ELSE n * deviation + x_odds
    END AS x,
    CASE weight
      WHEN 'one'
      THEN squares + n * deviation * deviation
      WHEN 'odds'
      THEN xx_odds
      WHEN 'other'
      THEN xx_other
      ELSE squares + n * deviation * deviation + xx_odds
    END AS xx
  FROM pooled
  INNER JOIN (VALUES
    ('unadjusted', 0, 'one'),
    ('unadjusted', 1, 'one'),
    ('ate', 0, 'one + odds'),
    ('ate', 1, 'one + odds'),
    ('att', 0, 'odds'),
    ('att', 1, 'one'),
    ('atc', 0, 'one'),
    ('atc', 1, 'odds'),
    ('ato', 0, 'other'),
    ('ato', 1, 'other')
  ) AS w(weighting, arm_treated, weight)
    ON _treated = arm_treated
), centred AS (
  /* A constant's weighted sums might leave a rest */
  SELECT
    *,
    centre + CASE WHEN weight = 'one' THEN deviation ELSE x / NULLIF(s, 0) END AS mean,
    CASE WHEN weight = 'one' OR unweighted = 0 THEN unweighted ELSE xx - x * x / NULLIF(s, 0) END AS squares
  FROM weighted
)
SELECT
  factor,
  level,
  covariate,
  weighting,
  _treated,
  arm_n AS arm_rows,
  arm_weight,
  n,
  s,
  ss,
  mean,
  squares,
  @variance AS variance
FROM centred
