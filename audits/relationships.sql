/* Every row of the child has its parent */
AUDIT (
  name relationships
);

SELECT
  *
FROM @this_model AS c
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM @parent AS p
    WHERE
      @AND(@EACH(@columns, k -> c.@k = p.@k))
  );
