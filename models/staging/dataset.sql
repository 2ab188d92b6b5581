MODEL (
  name staging.@dataset,
  description 'The staged version that this snapshot is pinned to: typed as the contract says, not yet cleaned',
  grain (_source, _row),
  ignored_rules [ambiguousorinvalidcolumn],
  cron @cron,
  enabled @enabled,
  blueprints @datasets(typed, staged_rows, in_interval),
  @contract_properties(@dataset, staging)
);

SELECT
  @EACH(@typed, c -> c),
  _source,
  _file,
  _row
FROM @staged_rows AS s
WHERE
  @in_interval
