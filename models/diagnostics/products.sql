MODEL (
  name diagnostics.@{dataset}_products,
  kind FULL,
  description 'Products of a level with a number or with a level of another factor, in the columns of the contrasts; empty unless the contract asks',
  grain covariate,
  columns (
    segment TEXT,
    stratum TEXT,
    covariate TEXT,
    parent TEXT,
    term TEXT,
    type TEXT,
    n_treated BIGINT,
    n_control BIGINT,
    variance_treated DOUBLE,
    variance_control DOUBLE,
    treated_unadjusted DOUBLE,
    treated_ate DOUBLE,
    treated_att DOUBLE,
    treated_atc DOUBLE,
    treated_ato DOUBLE,
    control_unadjusted DOUBLE,
    control_ate DOUBLE,
    control_att DOUBLE,
    control_atc DOUBLE,
    control_ato DOUBLE,
    ratio_unadjusted DOUBLE,
    ratio_ate DOUBLE,
    ratio_att DOUBLE,
    ratio_atc DOUBLE,
    ratio_ato DOUBLE
  ),
  column_descriptions (
    covariate = 'As cobalt names it, the covariate that the contract lists first in front: age * plan_paid',
    parent = 'The two covariates'
  ),
  audits (
    not_null(columns := (covariate, parent, term, type)),
    unique_combination_of_columns(columns := (parent, covariate))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(products, places, interactions)
);

/* As in cobalt nothing is multiplied with a missing indicator, nor a factor's level with another of its own */
WITH sums AS (
  /* Unadjusted sums under the names of the weighted ones; deviations are about the centre */
  SELECT
    *,
    n AS s_unadjusted,
    n AS ss_unadjusted,
    n * (
      mean - centre
    ) AS x_unadjusted,
    COALESCE(variance, 0) * (
      n - 1
    ) + n * (
      mean - centre
    ) * (
      mean - centre
    ) AS xx_unadjusted
  FROM diagnostics.@{dataset}_moments
  WHERE
    covariate <> '' AND NOT covariate IN (SELECT covariate FROM @products AS p)
), crossed AS (
  /* A number that is 0 outside of a level: its arm's sums, and those in the level */
  SELECT
    a.covariate AS number,
    l.covariate AS factor,
    l.level,
    a._treated,
    a.n,
    @EACH([unadjusted, ate, att, atc, ato], w -> a.s_@w AS s_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> a.ss_@w AS ss_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> COALESCE(i.s_@w, 0) AS in_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> COALESCE(i.centre + i.x_@w / NULLIF(i.s_@w, 0), 0) AS mean_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> COALESCE(i.xx_@w - i.x_@w * i.x_@w / NULLIF(i.s_@w, 0), 0) AS squares_@w)
  FROM sums AS a
  CROSS JOIN diagnostics.@{dataset}_levels AS l
  LEFT JOIN sums AS i
    ON l.covariate = i.factor AND l.level = i.level AND a.covariate = i.covariate AND a._treated = i._treated
  WHERE
    a.factor = '' AND l.factor = '' AND l.level <> '<NA>' AND @interactions
), number_arms AS (
  /* The squares about the product's mean: within the level, of the level's mean, and of the zeros */
  SELECT
    number,
    factor,
    level,
    _treated,
    n,
    @EACH([unadjusted, ate, att, atc, ato], w -> in_@w * mean_@w / s_@w AS mean_@w),
    @EACH(
      [unadjusted, ate, att, atc, ato],
      w -> (
        squares_@w + in_@w * POWER(mean_@w - in_@w * mean_@w / s_@w, 2) + (
          s_@w - in_@w
        ) * POWER(in_@w * mean_@w / s_@w, 2)
      ) / NULLIF(s_@w - ss_@w / s_@w, 0) AS variance_@w
    )
  FROM crossed
), two_values AS (
  SELECT
    covariate
  FROM diagnostics.@{dataset}_distributions
  WHERE
    distinct_values = 2 AND lowest = 0 AND highest = 1
), number_rows AS (
  SELECT
    t.number AS first,
    t.factor AS second,
    t.number AS first_said,
    t.factor || '_' || t.level AS second_said,
    CASE WHEN v.covariate IS NULL THEN 'continuous' ELSE 'binary' END AS type,
    t.n AS n_treated,
    c.n AS n_control,
    t.variance_unadjusted AS variance_treated,
    c.variance_unadjusted AS variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> t.mean_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> c.mean_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> t.variance_@w / NULLIF(c.variance_@w, 0) AS ratio_@w)
  FROM number_arms AS t
  INNER JOIN number_arms AS c
    ON t.number = c.number AND t.factor = c.factor AND t.level = c.level AND t._treated = 1 AND c._treated = 0
  LEFT JOIN two_values AS v
    ON t.number = v.covariate
), level_rows AS (
  SELECT
    l.factor AS first,
    l.covariate AS second,
    l.factor || '_' || l.stratum AS first_said,
    l.covariate || '_' || l.level AS second_said,
    'binary' AS type,
    t.arm_unadjusted AS n_treated,
    c.arm_unadjusted AS n_control,
    NULL AS variance_treated,
    NULL AS variance_control,
    @EACH([unadjusted, ate, att, atc, ato], w -> treated_@w / t.arm_@w AS treated_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> control_@w / c.arm_@w AS control_@w),
    @EACH([unadjusted, ate, att, atc, ato], w -> NULL AS ratio_@w)
  FROM diagnostics.@{dataset}_levels AS l
  INNER JOIN diagnostics.@{dataset}_moments AS t
    ON t.factor = '' AND t._treated = 1 AND t.covariate = ''
  INNER JOIN diagnostics.@{dataset}_moments AS c
    ON c.factor = '' AND c._treated = 0 AND c.covariate = ''
  WHERE
    LIST_CONTAINS(@places, l.factor)
    AND LIST_CONTAINS(@places, l.covariate)
    AND l.stratum <> '<NA>'
    AND l.level <> '<NA>'
    AND @interactions
), multiplied AS (
  SELECT
    *
  FROM number_rows
  UNION ALL
  SELECT
    *
  FROM level_rows
)
SELECT
  '' AS segment,
  '' AS stratum,
  CASE
    WHEN LIST_POSITION(@places, first) < LIST_POSITION(@places, second)
    THEN first_said || ' * ' || second_said
    ELSE second_said || ' * ' || first_said
  END AS covariate,
  CASE
    WHEN LIST_POSITION(@places, first) < LIST_POSITION(@places, second)
    THEN first || ' * ' || second
    ELSE second || ' * ' || first
  END AS parent,
  'product' AS term,
  type,
  n_treated,
  n_control,
  variance_treated,
  variance_control,
  @EACH([unadjusted, ate, att, atc, ato], w -> treated_@w),
  @EACH([unadjusted, ate, att, atc, ato], w -> control_@w),
  @EACH([unadjusted, ate, att, atc, ato], w -> ratio_@w)
FROM multiplied
