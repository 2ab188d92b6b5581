MODEL (
  name diagnostics.@{dataset}_scores,
  kind VIEW,
  description 'The propensity score of each row from the fitted terms, and the weights that it gives',
  grain row_id,
  cron @cron,
  enabled @enabled,
  blueprints @datasets(typed, fitted, with_levels, logit, treated),
  @contract_properties(@dataset, scores)
);

WITH fitted AS (
  SELECT
    @EACH(@fitted, c -> c)
  FROM diagnostics.@{dataset}_propensity
), scored AS (
  SELECT
    x.*,
    @treated AS _treated,
    1 / (
      1 + EXP(-(
        @logit
      ))
    ) AS ps_hat
  FROM @with_levels AS x
  CROSS JOIN fitted AS b
)
SELECT
  row_id,
  @EACH(@typed, c -> c),
  _treated,
  ps_hat,
  CASE WHEN _treated = 1 THEN 1 / ps_hat ELSE 1 / (1 - ps_hat) END AS w_ate,
  CASE WHEN _treated = 1 THEN 1.0 ELSE ps_hat / (1 - ps_hat) END AS w_att,
  CASE WHEN _treated = 1 THEN (1 - ps_hat) / ps_hat ELSE 1.0 END AS w_atc,
  CASE WHEN _treated = 1 THEN 1 - ps_hat ELSE ps_hat END AS w_ato
FROM scored
