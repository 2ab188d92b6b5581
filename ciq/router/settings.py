"""``router.yml``: what the router may do and prefers, and the coefficients of its cost estimates."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ciq.contract.shape import Shaper
from ciq.contract.translate import translated
from ciq.contract.yaml_source import Flaw, Mapping, Scalar, parse
from ciq.errors import Problem, UsageError

FILE = "router.yml"
_MAX_BYTES = 1_000_000
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0.001, le=2_147_483)]
"""PostgreSQL counts a timeout in milliseconds, in 31 bits, and takes 0 for none."""
Megabytes = Annotated[float, Field(ge=16, le=1_000_000_000)]
"""DuckDB can't plan a query in less."""
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Defaults(_Strict):
    """``large_select_mb`` is the size from which a read without an estimate goes to DuckDB; times are in seconds.

    ``files`` are the folders, relative to the project, that statements may read files from. ``search_path`` are the
    schemas in which DuckDB looks for a name without one.
    """

    large_select_mb: Positive = 100.0
    api_schemas: tuple[Name, ...] = ("api",)
    pg_write_schemas: tuple[Name, ...] = ()
    files: tuple[Name, ...] = ("data/processed", "data/staged")
    search_path: tuple[Name, ...] = ("features", "staged")
    statement_timeout: Seconds = 60.0
    lock_timeout: Seconds = 5.0
    pull_limit_mb: Positive = 256.0
    memory_mb: Megabytes = 1000.0


class Rules(_Strict):
    """The choices that may be turned off."""

    prefer_duckdb_if_parquet: bool = True
    allow_select_fallback: bool = True


class Cost(_Strict):
    """Milliseconds: ``pg_base + pg_cost * EXPLAIN cost + pg_mb * MB of the answer`` and
    ``duckdb_base + duckdb_mb * MB read + duckdb_mrow * million rows read``.

    The defaults are of ten shapes of query and of ranges of up to 50,000 rows, over tables of 10,000 to 5 million rows;
    PostgreSQL's answers go through Python, row by row. ``ciq sql tune`` fits this machine.
    """

    pg_base: Positive = 0.35
    pg_cost: Positive = 0.0027
    pg_mb: Positive = 50.0
    duckdb_base: Positive = 1.3
    duckdb_mb: Positive = 0.33
    duckdb_mrow: Positive = 14.2


class Added(_Strict):
    """A further engine: its class as ``module:Class``, what the class is given, and the relations that it has."""

    adapter: Name
    relations: tuple[Name, ...] = ()
    options: dict[Name, Any] = Field(default_factory=dict)


def _engine(name: str) -> str:
    if name in ("auto", "duckdb", "pg") or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError("a name of lower-case letters, digits and underscores, and none of auto, duckdb and pg")
    return name


class Settings(_Strict):
    """The whole file. ``relations`` are Parquet copies of PostgreSQL's relations, by qualified name; ``engines`` are
    those beside PostgreSQL and DuckDB.
    """

    defaults: Defaults = Defaults()
    rules: Rules = Rules()
    cost: Cost = Cost()
    relations: dict[Name, Name] = Field(default_factory=dict)
    engines: dict[Annotated[Name, AfterValidator(_engine)], Added] = Field(default_factory=dict)


def load_settings(path: Path) -> Settings:
    """The settings in a file; the defaults where there is none.

    Raises UsageError with all problems of the file, each with line and column.
    """
    return read_settings(_text(path), path) if path.exists() else Settings()


def read_settings(text: str, path: Path) -> Settings:
    """The settings in a text; the defaults where nothing is said. ``path`` is the file for the problems of it."""
    root, flaws = parse(text)
    if not flaws and (root is None or (isinstance(root, Scalar) and root.is_null)):
        return Settings()
    if root is not None and not isinstance(root, Mapping):
        flaws.append(Flaw("C102", "the settings are a mapping of keys to values", root.line, root.column))
    if isinstance(root, Mapping) and not flaws:
        shaper = Shaper({})
        shaped = shaper.shaped(root, Settings)
        flaws += shaper.unknown
        try:
            found = Settings.model_validate(shaped)
            if not flaws:
                return found
        except ValidationError as error:
            flaws += translated(root, error.errors(include_url=False))
    raise UsageError(*(Problem(f.rule, f.message, path, f.line, f.column, f.help) for f in flaws))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(Problem("C101", f"can't be read: {error}", path)) from None
