"""Publishing: a DuckDB table becomes a PostgreSQL table, proved equal before anyone sees it, behind a stable face."""
