MODEL (
  name staging.@dataset,
  kind VIEW,
  description 'The staged version that this snapshot is pinned to: typed as the contract says, not yet cleaned',
  grain (_source, _row),
  ignored_rules [ambiguousorinvalidcolumn],
  enabled @enabled,
  blueprints @datasets(typed, staged_file),
  @contract_properties(@dataset, staging)
);

SELECT
  @EACH(@typed, c -> c),
  _source,
  _file,
  _row
FROM READ_PARQUET(@staged_file)
