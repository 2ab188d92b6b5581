MODEL (
  name curated.@dataset,
  kind FULL,
  description 'The rows after the contract''s clean steps, one a key: every constraint of the contract is an audit here',
  grain row_id,
  enabled @enabled,
  blueprints @datasets(columns, cleaned, occurrence, row_id),
  @contract_properties(@dataset, curated)
);

WITH cleaned AS (
  SELECT
    @EACH(@cleaned, c -> c),
    _source,
    _file,
    _row
  FROM staging.@dataset
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
