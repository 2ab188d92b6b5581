"""A propensity model without a maximum gives no score worth the name: refused, with the covariate named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ciq.causal.propensity import Row
from ciq.contract import Contract
from ciq.errors import GateRefused, Problem
from ciq.rules import RULES


def refuse_unfit(contract: Contract, rows: int, treated: int, levels: Sequence[Row], terms: Sequence[Row]) -> None:
    """Raise GateRefused with every reason for which ``terms`` are not those of a fit to ``treated`` of ``rows``.

    ``levels`` and ``terms`` are the rows of the models positivity and propensity.

    An empty arm (G301), a level of at least ``gates.min_level_rows`` rows in one arm only (G302), no convergence
    (G304), separation (G305), a constant or determined covariate unless ``propensity.collinear`` is drop (G306).
    """
    single = [level for level in levels if level["kind"] == "level" and level["n_treated"] in (0, level["n"])]
    found = (
        [("G301", f"{'all' if treated else 'none'} of {rows:,} rows are treated")]
        if treated in (0, rows)
        else [
            *_positivity(single, contract.gates.min_level_rows),
            *_maximum(terms, {level["covariate"] for level in single}),
        ]
    )
    if contract.propensity.collinear == "refuse":
        found += _redundant(terms)
    if found:
        raise GateRefused(
            *(Problem(rule, f"{contract.name}: {said}", contract.path, help=RULES[rule].mend) for rule, said in found)
        )


def _positivity(single: Sequence[Row], least: int) -> Iterator[tuple[str, str]]:
    for level in single:
        if level["n"] >= least:
            counted = f"{level['n']:,} rows, {'all' if level['n_treated'] else 'none'} treated"
            yield "G302", f"{level['rule']}: {counted}"


def _maximum(terms: Sequence[Row], positivity: set[str]) -> Iterator[tuple[str, str]]:
    """Separation, where it isn't that of a level which positivity reports already; else no convergence."""
    separated = [term for term in terms if term["status"] == "separated"]
    for term in separated:
        if term["kind"] != "level" or term["covariate"] not in positivity:
            yield "G305", f"{term['term']} separates the treated from the untreated"
    if not separated and not terms[0]["converged"]:
        yield "G304", f"the fit did not converge: the largest mean score is {terms[0]['gradient']:.3g}"


def _redundant(terms: Sequence[Row]) -> Iterator[tuple[str, str]]:
    for term in terms:
        if term["status"] == "constant":
            yield "G306", f"{term['term']} is constant"
        if term["status"] == "collinear":
            yield "G306", f"{term['term']} is determined by {term['detail']}"
