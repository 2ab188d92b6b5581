MODEL (
  name diagnostics.@{dataset}_crump,
  kind FULL,
  description 'Crump''s trim of the propensity score, one row',
  grain crump_alpha,
  columns (
    crump_alpha DOUBLE,
    crump_kept BIGINT,
    crump_kept_treated BIGINT
  ),
  column_descriptions (
    crump_alpha = 'Trim to alpha <= e <= 1 - alpha (Crump et al. 2009); 0 where no trim is advised',
    crump_kept = 'Rows that the trim keeps'
  ),
  audits (
    number_of_rows(threshold := 0),
    not_null(columns := (crump_alpha))
  ),
  cron @cron,
  enabled @enabled,
  blueprints @datasets(crump_alpha)
);

SELECT
  MAX(alpha) AS crump_alpha,
  COUNT(CASE WHEN ps_hat BETWEEN alpha AND 1 - alpha THEN 1 END) AS crump_kept,
  COUNT(CASE WHEN _treated = 1 AND ps_hat BETWEEN alpha AND 1 - alpha THEN 1 END) AS crump_kept_treated
FROM @crump_alpha AS c
LEFT JOIN diagnostics.@{dataset}_scores AS s
  ON TRUE
