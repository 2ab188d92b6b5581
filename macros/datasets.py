"""What a contract decides, for the models: blueprint variables and the MODEL properties of each layer."""

import os
import sys
from pathlib import Path

from sqlglot import exp
from sqlmesh import macro


@macro()
def datasets(evaluator, *names):
    """One blueprint a data set with its name and the variables named: `blueprints @datasets(columns, staged_file)`.

    Only what a model needs, because SQLMesh writes out every variable for each name that it puts together.
    """
    from ciq.blueprint.variables import of_project

    def blueprint(values):
        return exp.Tuple(
            expressions=[
                exp.PropertyEQ(this=exp.to_identifier(name), expression=value.copy()) for name, value in values.items()
            ]
        )

    chosen = ["dataset", "cron", "enabled", *(name.name for name in names)]
    # Without a blueprint SQLMesh would take the template itself for a model.
    nothing = {name: exp.null() for name in chosen} | {
        "dataset": exp.to_identifier("none"),
        "cron": exp.convert("@daily"),
        "enabled": exp.false(),
    }
    found = of_project(Path(__file__).parents[1]) or [nothing]
    return exp.Tuple(expressions=[blueprint({name: values[name] for name in chosen}) for values in found])


@macro()
def contract_properties(evaluator, dataset, layer):
    """Columns, descriptions and audits from the contract: a bare `@contract_properties(@dataset, curated)`."""
    from ciq.blueprint.datasets import staged
    from ciq.blueprint.properties import properties

    found = (one for one in staged(Path(__file__).parents[1]) if one.contract.name == dataset.name)
    return [kept for one in found for kept in properties(one, layer.name)]


def renew_model_cache():
    """Models are cached by the times of the SQLMesh files alone: mark this one as changed when other inputs did."""
    from ciq.blueprint.datasets import inputs_version

    here = Path(__file__)
    project = here.parents[1]
    seen = project / ".cache" / "ciq_inputs"
    version = inputs_version(project)
    if not seen.exists() or seen.read_text() != version:
        os.utime(here)
        seen.parent.mkdir(exist_ok=True)
        seen.write_text(version)


def say_what_is_left_out():
    """A line for each data set that has a contract and nothing staged."""
    from ciq.blueprint.datasets import unstaged

    for name in unstaged(Path(__file__).parents[1]):
        help_ = f"`ciq ingest {name}` does that, or says what keeps it"
        print(f"{name}: left out, as nothing of it is staged: {help_}", file=sys.stderr)


renew_model_cache()
say_what_is_left_out()
