"""What the propensity model is asked to do: with which covariates, and with what its learner can use."""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.finding import Finding
from ciq.contract.model import Contract
from ciq.contract.nearest import did_you_mean, nearest_of


def propensity_findings(contract: Contract) -> Iterator[Finding]:
    """Every contradiction between ``propensity`` and the rest of the contract."""
    yield from _squares(contract)
    yield from _interactions(contract)
    yield from _of_the_learner(contract)


def _squares(contract: Contract) -> Iterator[Finding]:
    for at, column in enumerate(contract.propensity.squares):
        path = ("propensity", "squares", at)
        if column in contract.types and contract.type_of(column).kind not in ("integer", "float"):
            message = f"only numbers have squares; `{column}` is {contract.types[column]}"
            yield Finding("C111", path, message, column=column)
        elif column in contract.types and column not in contract.covariate_cols:
            help_ = did_you_mean(column, contract.covariate_cols) or "add it to `covariate_cols`"
            yield Finding("C111", path, f"`{column}` is squared but is no covariate", help_, column)


def _interactions(contract: Contract) -> Iterator[Finding]:
    pairs, seen = contract.propensity.interactions, set[frozenset[str]]()
    near = nearest_of(dict.fromkeys(column for pair in pairs for column in pair), contract.covariate_cols)
    for at, pair in enumerate(pairs):
        path = ("propensity", "interactions", at)
        for place, column in enumerate(pair):
            if column not in contract.covariate_cols:
                help_ = f"did you mean `{near[column]}`?" if column in near else "add it to `covariate_cols`"
                yield Finding("C152", (*path, place), f"`{column}` interacts but is no covariate", help_, column)
        one, other = pair
        if one == other:
            mend = "name it in `propensity.squares`, or another covariate here"
            yield Finding("C153", (*path, 1), f"`{one}` can't interact with itself", mend, one)
        elif frozenset(pair) in seen:
            yield Finding("C154", path, f"`{one} * {other}` stands twice in the list", "remove one", one)
        seen.add(frozenset(pair))


def _of_the_learner(contract: Contract) -> Iterator[Finding]:
    """What only a model with coefficients has."""
    if contract.propensity.learner == "logistic":
        return
    for key in ("squares", "interactions", "collinear", "method"):
        if key in contract.propensity.model_fields_set and getattr(contract.propensity, key) not in ((), "auto"):
            message = f"`propensity.{key}` is of the logistic learner, and the learner is {contract.propensity.learner}"
            mend = "remove the key, or set `learner: logistic`"
            yield Finding("C155", ("propensity", key), message, mend, at_key=True)
