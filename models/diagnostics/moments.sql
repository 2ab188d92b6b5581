MODEL (
  name diagnostics.@{dataset}_moments,
  kind FULL,
  description 'Moments of every number in each arm, unadjusted and under each weighting, from one scan; weighted sums are taken about the centre',
  grain (covariate, _treated),
  columns (
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
    covariate = 'The number; empty for the arm as a whole',
    arm_unadjusted = 'Rows of the arm',
    n = 'Rows where the number is observed'
  ),
  audits (
    not_null(columns := (covariate, _treated, n)),
    unique_combination_of_columns(columns := (covariate, _treated)),
    accepted_values(column := _treated, is_in := (0, 1))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(centres, moments)
);

WITH centres AS (
  SELECT
    @EACH(@centres, c -> c)
  FROM diagnostics.@{dataset}_propensity
), arms AS (
  SELECT
    x._treated,
    COUNT(*) AS arm_unadjusted,
    SUM(x.w_ate) AS arm_ate,
    SUM(x.w_att) AS arm_att,
    SUM(x.w_atc) AS arm_atc,
    SUM(x.w_ato) AS arm_ato,
    @moments AS moments
  FROM diagnostics.@{dataset}_scores AS x
  CROSS JOIN centres AS c
  GROUP BY
    x._treated
), numbers AS (
  SELECT
    _treated,
    arm_unadjusted,
    arm_ate,
    arm_att,
    arm_atc,
    arm_ato,
    UNNEST(moments) AS m
  FROM arms
)
SELECT
  m.covariate AS covariate,
  _treated,
  arm_unadjusted,
  arm_ate,
  arm_att,
  arm_atc,
  arm_ato,
  m.centre AS centre,
  m.n AS n,
  m.mean AS mean,
  m.variance AS variance,
  m.s_ate AS s_ate,
  m.ss_ate AS ss_ate,
  m.x_ate AS x_ate,
  m.xx_ate AS xx_ate,
  m.s_att AS s_att,
  m.ss_att AS ss_att,
  m.x_att AS x_att,
  m.xx_att AS xx_att,
  m.s_atc AS s_atc,
  m.ss_atc AS ss_atc,
  m.x_atc AS x_atc,
  m.xx_atc AS xx_atc,
  m.s_ato AS s_ato,
  m.ss_ato AS ss_ato,
  m.x_ato AS x_ato,
  m.xx_ato AS xx_ato
FROM numbers
