"""The pandera schema of a contract as a Python module that needs pandera alone."""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.frames import PANDAS_TYPES, frame_checks, strictness
from ciq.contract.model import Contract


def pandera_source(contract: Contract) -> str:
    """A module with ``schema``, equal to :func:`ciq.contract.frames.pandas_schema`."""
    return "\n".join(_lines(contract)) + "\n"


def _lines(contract: Contract) -> Iterator[str]:
    yield f'"""The columns of the data set {contract.name}, version {contract.version}, after their mends."""'
    yield ""
    yield "import pandera.pandas as pa"
    yield ""
    yield "schema = pa.DataFrameSchema("
    yield "    {"
    for name, type_name in contract.types.items():
        yield f"        {name!r}: pa.Column("
        yield f"            {PANDAS_TYPES[type_name]!r},"
        yield "            ["
        for check in frame_checks(contract, name):
            arguments = ", ".join(repr(argument) for argument in check.arguments)
            yield f"                pa.Check.{check.method}({arguments}, error={check.error!r}),"
        yield "            ],"
        yield f"            nullable={name not in contract.required},"
        yield "        ),"
    yield "    },"
    yield "    coerce=True,"
    yield f"    strict={strictness(contract)!r},"
    yield f"    name={contract.name!r},"
    yield ")"
