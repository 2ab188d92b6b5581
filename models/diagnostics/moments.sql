MODEL (
  name diagnostics.@{dataset}_moments,
  kind FULL,
  description 'Moments of every number in each arm, unadjusted and under each weighting, of the whole and in each level of segments and other factors, from one scan; sums are taken about the centre',
  grain (factor, level, covariate, _treated),
  columns (
    factor TEXT,
    level TEXT,
    covariate TEXT,
    _treated INT,
    arm_unadjusted BIGINT,
    arm_ate DOUBLE,
    arm_att DOUBLE,
    arm_atc DOUBLE,
    arm_ato DOUBLE,
    centre DOUBLE,
    n BIGINT,
    mean DOUBLE,
    variance DOUBLE,
    s_ate DOUBLE,
    ss_ate DOUBLE,
    x_ate DOUBLE,
    xx_ate DOUBLE,
    s_att DOUBLE,
    ss_att DOUBLE,
    x_att DOUBLE,
    xx_att DOUBLE,
    s_atc DOUBLE,
    ss_atc DOUBLE,
    x_atc DOUBLE,
    xx_atc DOUBLE,
    s_ato DOUBLE,
    ss_ato DOUBLE,
    x_ato DOUBLE,
    xx_ato DOUBLE
  ),
  column_descriptions (
    factor = 'The factor whose level the rows have; empty for the whole',
    covariate = 'The number, square or product; empty for the arm itself, whose sums are of the weights alone',
    arm_unadjusted = 'Rows of the arm',
    n = 'Rows where the number is observed'
  ),
  audits (
    not_null(columns := (factor, level, covariate, _treated, n)),
    unique_combination_of_columns(columns := (factor, level, covariate, _treated)),
    accepted_values(column := _treated, is_in := (0, 1))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(stratum, stratum_level, strata, whole_of, centres, moments, weights_of_missing, some_missing)
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
    @EACH([arm_odds, arm_other], s -> SUM(@s ORDER BY level) AS @s),
    MAX(centre) AS centre,
    MAX(w.n) AS n,
    @EACH([s_odds, ss_odds, s_other, ss_other], s -> SUM(@s ORDER BY level) AS @s),
    MAX(w.deviation) AS deviation,
    SUM(squares + k.n * POWER(k.deviation - w.deviation, 2) ORDER BY level) AS squares,
    @EACH([x_odds, xx_odds, x_other, xx_other], s -> SUM(@s ORDER BY level) AS @s)
  FROM cells AS k
  INNER JOIN whole AS w
    ON k.covariate = w.covariate AND k._treated = w._treated
  WHERE
    k.factor = @whole_of
  GROUP BY
    k.covariate,
    k._treated
), sums AS (
  SELECT
    *,
    n * deviation AS x,
    squares + n * deviation * deviation AS xx
  FROM pooled
)
SELECT
  factor,
  level,
  covariate,
  _treated,
  arm_n AS arm_unadjusted,
  arm_n + arm_odds AS arm_ate,
  CASE WHEN _treated = 1 THEN arm_n ELSE arm_odds END AS arm_att,
  CASE WHEN _treated = 1 THEN arm_odds ELSE arm_n END AS arm_atc,
  arm_other AS arm_ato,
  centre,
  n,
  centre + deviation AS mean,
  squares / NULLIF(n - 1, 0) AS variance,
  n + s_odds AS s_ate,
  n + 2 * s_odds + ss_odds AS ss_ate,
  x + x_odds AS x_ate,
  xx + xx_odds AS xx_ate,
  CASE WHEN _treated = 1 THEN n ELSE s_odds END AS s_att,
  CASE WHEN _treated = 1 THEN n ELSE ss_odds END AS ss_att,
  CASE WHEN _treated = 1 THEN x ELSE x_odds END AS x_att,
  CASE WHEN _treated = 1 THEN xx ELSE xx_odds END AS xx_att,
  CASE WHEN _treated = 1 THEN s_odds ELSE n END AS s_atc,
  CASE WHEN _treated = 1 THEN ss_odds ELSE n END AS ss_atc,
  CASE WHEN _treated = 1 THEN x_odds ELSE x END AS x_atc,
  CASE WHEN _treated = 1 THEN xx_odds ELSE xx END AS xx_atc,
  s_other AS s_ato,
  ss_other AS ss_ato,
  x_other AS x_ato,
  xx_other AS xx_ato
FROM sums
