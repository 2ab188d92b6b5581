"""What is known of each engine's own functions, operators and types, and which of them a read may use.

The tables beside this module are derived from the engines (:mod:`ciq.router.catalogue.derive`); what a label such as
"volatile" can't say is listed here by name.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Volatile because the answer changes from call to call; nothing else does.
_HARMLESS = """
array_sample array_shuffle clock_timestamp current_query currval gen_random_uuid lastval pg_blocking_pids
pg_collation_actual_version pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
pg_database_collation_actual_version pg_database_size pg_indexes_size pg_is_in_recovery pg_jit_available
pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_lock_status pg_notification_queue_usage pg_partition_ancestors
pg_partition_tree pg_relation_size pg_sequence_last_value pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats
pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_status random random_normal timeofday txid_status
uuidv4 uuidv7
"""

# Not volatile to PostgreSQL's planner, yet they take a transaction id, run queries or call a type's own functions by
# names that stand in their data.
_TELLING = """
database_to_xml database_to_xml_and_xmlschema database_to_xmlschema pg_current_xact_id pg_input_error_info
pg_input_is_valid schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema table_to_xml
table_to_xml_and_xmlschema table_to_xmlschema txid_current
"""

# What READ ONLY refuses (large objects: from PostgreSQL 16 on), so that nobody calls it in order to read.
_WRITING = """
lo_creat lo_create lo_export lo_from_bytea lo_import lo_put lo_truncate lo_truncate64 lo_unlink lowrite nextval setval
"""

# Table functions of DuckDB that read files or its own catalogue. The others change settings, read a database file,
# run text as a statement or follow a pointer.
_READING_TABLES = """
duckdb_columns duckdb_constraints duckdb_databases duckdb_functions duckdb_indexes duckdb_keywords duckdb_schemas
duckdb_settings duckdb_tables duckdb_types duckdb_views generate_series glob json_each json_tree parquet_bloom_probe
parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan parquet_schema range
read_blob read_csv read_csv_auto read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson
read_ndjson_auto read_ndjson_objects read_parquet read_text repeat repeat_row sniff_csv summary unnest
"""

_DUCKDB_HARMLESS = "error gen_random_uuid random uuid uuidv4 uuidv7"
_DUCKDB_SLEEPING = "pg_sleep"  # a macro over sleep_ms

_FILE_READERS = """
glob parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan
parquet_schema read_blob read_csv read_csv_auto read_json read_json_auto read_json_objects read_json_objects_auto
read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text sniff_csv
"""
FILE_READERS = frozenset(_FILE_READERS.split())
"""DuckDB's functions that take the name of a file."""


@dataclass(frozen=True)
class Known:
    """One engine's names: all that it has, those that a read may use, and those that only a write would.

    ``version`` is that of the engine which the names were taken from.
    """

    version: str
    functions: frozenset[str]
    reading: frozenset[str]
    writing: frozenset[str]
    operators: frozenset[str]
    types: frozenset[str]


@cache
def postgres() -> Known:
    """PostgreSQL's names."""
    rows = _rows("postgres.csv")
    functions = {name: volatility for kind, name, volatility in rows if kind == "function"}
    steady = {name for name, volatility in functions.items() if volatility != "volatile"}
    types = {name for kind, name, _ in rows if kind == "type"}
    return Known(
        version=_version(rows),
        functions=frozenset(functions),
        reading=frozenset((steady - set(_TELLING.split())) | set(_HARMLESS.split())),
        writing=frozenset(_WRITING.split()),
        operators=frozenset(name for kind, name, volatility in rows if kind == "operator" and volatility != "volatile"),
        types=frozenset(types | {"record"}),
    )


@cache
def duckdb() -> Known:
    """DuckDB's names; operators are functions there."""
    rows = _rows("duckdb.csv")
    scalars = {name: volatility for kind, name, volatility in rows if kind == "function"}
    tables = {name for kind, name, _ in rows if kind == "table"}
    steady = {name for name, volatility in scalars.items() if volatility != "volatile"}
    reading = (steady - {_DUCKDB_SLEEPING}) | set(_DUCKDB_HARMLESS.split()) | (tables & set(_READING_TABLES.split()))
    return Known(
        version=_version(rows),
        functions=frozenset(set(scalars) | tables),
        reading=frozenset(reading),
        writing=frozenset(),
        operators=frozenset(name for name in steady if not name[0].isalpha() and name[0] != "_"),
        types=frozenset(name for kind, name, _ in rows if kind == "type"),
    )


def _rows(name: str) -> list[list[str]]:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


def _version(rows: list[list[str]]) -> str:
    return next(version for kind, _, version in rows if kind == "version")
