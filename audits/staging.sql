/* A contract edited after its files were staged: until they are read anew, no value may change by its new type */
AUDIT (
  name lossless
);

SELECT
  *
FROM READ_PARQUET(@staged)
WHERE
  @lost;
