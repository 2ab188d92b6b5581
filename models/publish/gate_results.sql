MODEL (
  name publish.@{dataset}_gate_results,
  kind CUSTOM (
    materialization ciq_copy,
    materialization_properties (
      publication = @publication,
      part = gate_results
    )
  ),
  gateway postgres,
  description 'Every gate of the published data set with its figure, threshold and verdict',
  grain gate,
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
FROM warehouse.diagnostics.@{dataset}_gates
