MODEL (
  name diagnostics.@{dataset}_scores,
  kind VIEW,
  description 'The propensity score of each row from the fitted terms or from trees, and the weights that it gives',
  grain row_id,
  cron @cron,
  enabled @enabled,
  blueprints @datasets(typed, fitted, scorable, score, treated, weights),
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
    @score AS ps_hat
  FROM @scorable AS x
  CROSS JOIN fitted AS b
)
SELECT
  row_id,
  @EACH(@typed, c -> c),
  _treated,
  ps_hat,
  @EACH(@weights, c -> c)
FROM scored
