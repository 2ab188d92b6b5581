"""A contract from another tool's file, loaded as strictly as one that was written by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from ciq.contract.export.odcs import facts_of, to_yaml, unread
from ciq.contract.load import load
from ciq.errors import ContractError, Problem, UsageError


def from_odcs(path: Path) -> str:
    """The text of the contract that an ODCS file describes, with comments on what of it no contract can say.

    Raises UsageError where the file is none, ContractError with what its contract lacks or may not say.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        lost = "".join(f"# not taken over: {' '.join(each.split())}\n" for each in unread(document))
        text = lost + to_yaml(facts_of(document))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = str(error).partition("\n")[0]
        raise UsageError(Problem("E434", f"the file can't be read as YAML: {said}", path)) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        help_ = "an ODCS file has one entry in `schema`, with `name` and `properties`, and a `version`"
        raise UsageError(Problem("E434", "the file is no ODCS contract of one table", path, help=help_)) from error
    with TemporaryDirectory(prefix="ciq-import-") as folder:
        written = Path(folder) / "contract.yaml"
        written.write_text(text, encoding="utf-8")
        try:
            load(written)
        except ContractError as error:
            placed = (replace(problem, path=path, line=None, column=None) for problem in error.problems)
            raise ContractError(*placed) from error
    return text
