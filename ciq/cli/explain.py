"""``ciq explain``: what the rule id in a message means."""

from __future__ import annotations

import click

from ciq.cli.output import formatted, result


@click.command()
@click.argument("rule_id", metavar="RULE")
@formatted
def explain(rule_id: str) -> None:
    """Say what RULE (such as I203) asks for, why, and how to mend what broke it.

    \b
    Example:
      ciq explain I203
    """
    from ciq.errors import Problem, UsageError
    from ciq.rules import RULES

    rule = RULES.get(rule_id.upper())
    if rule is None:
        families = ", ".join(f"{first} to {last}" for first, last in _families(sorted(RULES)))
        raise UsageError(Problem("E430", f"there is no rule {rule_id}", help=f"the rules are {families}"))
    said = f"{rule.id}: {rule.title}\n\n{rule.why}\n\nTo mend it: {rule.mend}"
    result(said, rule=rule.id, title=rule.title, why=rule.why, mend=rule.mend)


def _families(ids: list[str]) -> list[tuple[str, str]]:
    """The first and the last id of each letter."""
    letters = sorted({rule_id[0] for rule_id in ids})
    return [(min(of), max(of)) for letter in letters if (of := [each for each in ids if each.startswith(letter)])]
