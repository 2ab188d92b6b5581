MODEL (
  name features.@dataset,
  kind FULL,
  description 'The causal-safe data set: roles, covariates, propensity score and the weight for the declared estimand. Built only where every gate holds',
  grain row_id,
  depends_on (diagnostics.@{dataset}_gates),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(outputs, estimand),
  @contract_properties(@dataset, features)
);

SELECT
  row_id,
  @EACH(@outputs, c -> c),
  ps_hat,
  w_@estimand AS weight
FROM diagnostics.@{dataset}_scores
