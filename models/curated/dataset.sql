MODEL (
  name curated.@dataset,
  description 'The rows after the contract''s clean steps, one a key: every constraint of the contract is an audit here',
  grain row_id,
  cron @cron,
  enabled @enabled,
  blueprints @datasets(columns, in_interval, cleaned, occurrence, row_id),
  @contract_properties(@dataset, curated)
);

WITH cleaned AS (
  SELECT
    @EACH(@cleaned, c -> c),
    _source,
    _file,
    _row
  FROM staging.@dataset
  WHERE
    @in_interval
), counted AS (
  SELECT
    *,
    @occurrence AS _occurrence
  FROM cleaned
)
SELECT
  @row_id AS row_id,
  @EACH(@columns, c -> c)
FROM counted
WHERE
  _occurrence = 1
