MODEL (
  name publish.@{dataset}_balance,
  kind CUSTOM (
    materialization ciq_copy,
    materialization_properties (
      publication = @publication,
      part = balance
    )
  ),
  gateway postgres,
  description 'Balance of each covariate, level and missing indicator of the published data set',
  grain covariate,
  depends_on (warehouse.features.@dataset),
  audits (
    number_of_rows(threshold := 0)
  ),
  cron @cron,
  enabled @publishes,
  blueprints @datasets(publishes, publication)
);

SELECT
  *
FROM warehouse.diagnostics.@{dataset}_balance
