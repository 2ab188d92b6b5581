"""Words that no name can be, because the models' SQL would read them as itself.

They are those of sqlglot's DuckDB dialect, written down because every command that reads a contract would have to wait
for its import.
"""

_RESERVED = """
all analyse analyze and any array as asc_p asymmetric both case cast check_p collate column constraint create_p
current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc_p
distinct do else end_p except false_p fetch for foreign from grant group_p having in_p initially intersect into
lateral_p leading limit localtime localtimestamp not null_p offset on only or order placing primary references
returning select session_user some symmetric table then to trailing true_p union unique user using variadic when
where window with
"""
RESERVED_WORDS = frozenset(_RESERVED.split())
"""What SQLMesh would have to quote in a model's name."""

CLAUSES = frozenset(
    (
        "char varying",
        "character set",
        "character varying",
        "cluster by",
        "connect by",
        "distribute by",
        "double precision",
        "for timestamp",
        "for version",
        "foreign key",
        "group by",
        "grouping sets",
        "order by",
        "partition by",
        "partitioned by",
        "primary key",
        "similar to",
        "sort by",
        "sql security",
        "start with",
    )
)
"""What SQLMesh reads as SQL even where it is quoted."""

_TAKEN = """
alter anti asc asof at attach authorization begin between binary by cache call check collation comment commit
concurrently connect_by_root copy create cross delete desc describe detach drop end execute explain false force freeze
full glob group if ilike in inner insert install interval is isnull join kill lambda lateral left like list load map
merge natural notnull null nullable object optimize out outer overlaps partitioned_by pivot pivot_longer pivot_wider
positional pragma prepare qualify range regexp rename reset revoke right rlike rollback row semi set show similar
struct summarize tablesample true truncate uncache unpack unpivot update use vacuum values verbose xor
"""
TAKEN_WORDS = RESERVED_WORDS | frozenset(_TAKEN.split())
"""What DuckDB or sqlglot may not take for a column where it stands unquoted in a row rule."""
