"""What a plan must not do to what consumers read."""

from sqlglot import exp
from sqlmesh import macro


@macro()
def refuse_breaks(evaluator):
    """A statement that fails where a plan for prod would break a face, before anything of the plan is applied.

    An error raised here would be shown with SQLMesh's way to it.
    """
    from ciq.publish.review import refusal

    models = [snapshot.model for snapshot in evaluator.snapshots.values() if snapshot.is_model]
    said = refusal(models) if evaluator.this_env == "prod" else None
    return exp.select(exp.func("error", exp.convert(said)) if said else exp.true())
