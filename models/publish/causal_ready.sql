MODEL (
  name publish.@{dataset}_causal_ready,
  kind CUSTOM (
    materialization ciq_copy,
    materialization_properties (
      publication = @publication,
      part = causal_ready
    )
  ),
  gateway postgres,
  description 'The causal-safe data set: roles, covariates, propensity score and the weight for the declared estimand',
  grain row_id,
  cron @cron,
  enabled @publishes,
  blueprints @datasets(publishes, publication),
  @contract_properties(@dataset, features)
);

SELECT
  *
FROM warehouse.features.@dataset
