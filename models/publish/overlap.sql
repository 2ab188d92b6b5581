MODEL (
  name publish.@{dataset}_overlap,
  kind CUSTOM (
    materialization ciq_copy,
    materialization_properties (
      publication = @publication,
      part = overlap
    )
  ),
  gateway postgres,
  description 'Overlap, tails, effective samples and discrimination of the published data set; one row',
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
FROM warehouse.diagnostics.@{dataset}_overlap
