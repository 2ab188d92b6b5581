/* A value that became known after the row's own time can't have been a cause of treatment */
AUDIT (
  name available_in_time
);

SELECT
  *
FROM @this_model
WHERE
  NOT @column IS NULL AND @available_at > @time;
