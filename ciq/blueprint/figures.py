"""The figures of ciq.causal.figures over the columns of the models, as blueprint variables."""

from __future__ import annotations

from sqlglot import exp

from ciq.causal.figures import figure
from ciq.causal.sql import WEIGHTINGS

_E, _TREATED = exp.column("ps_hat"), exp.column("_treated")
_BINS = 40


def figures() -> dict[str, exp.Expr]:
    """Name to SQL; lists are columns with their names."""
    return {
        "weights": _columns({f"w_{w}": figure(f"_ipw_{w}", _E, _TREATED) for w in WEIGHTINGS}),
        "preference_score": figure("preference_score", _E, exp.column("prevalence")),
        "overlap_share": figure("overlap_share", _E),
        "in_equipoise": figure("_in_equipoise", exp.column("f")),
        "effective_samples": _columns(
            {
                f"ess_{w}_{arm}": figure("ess", _in_arm(f"w_{w}", is_treated))
                for is_treated, arm in ((1, "treated"), (0, "control"))
                for w in WEIGHTINGS
            }
        ),
        "histogram_bin": figure("_histogram_bin", _E, exp.convert(_BINS)),
        "variance": figure("_variance_of_squares", *map(exp.column, ("squares", "s", "ss"))),
        "denominators": _columns(
            {
                "s_pooled": figure("_scale_pooled", *map(exp.column, ("v1", "v0", "s_all"))),
                "s_treated": figure("_scale", *map(exp.column, ("v1", "s_all"))),
                "s_control": figure("_scale", *map(exp.column, ("v0", "s_all"))),
            }
        ),
    }


def _columns(named: dict[str, exp.Expr]) -> exp.Tuple:
    return exp.Tuple(expressions=[exp.alias_(value, name) for name, value in named.items()])


def _in_arm(weight: str, is_treated: int) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=_TREATED.eq(is_treated), true=exp.column(weight))])
