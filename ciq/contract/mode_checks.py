"""Whether what the contract says of keys and schedule goes with the way in which files come."""

from __future__ import annotations

from collections.abc import Iterator

from ciq.contract.finding import Finding, Path
from ciq.contract.model import Contract

_SHORTHANDS = ("@hourly", "@daily", "@weekly", "@monthly")
_SHORTEST = 300


def mode_findings(contract: Contract) -> Iterator[Finding]:
    """Keys without the time where intervals are judged alone, and schedules that are none."""
    if contract.appends:
        yield from _appended(contract)
    else:
        asked = {"lookback": contract.schedule.lookback, "window": contract.schedule.window}
        for key in (key for key, value in asked.items() if value):
            message = f"`schedule.{key}` counts intervals of appended files, and `source.mode` is replace"
            yield Finding("C150", ("schedule", key), message, "take it out, or set `source.mode` to append")
    if reason := _why_no_cron(contract.schedule.cron):
        help_ = f"write {', '.join(_SHORTHANDS)}, or five fields such as `30 5 * * *`"
        yield Finding("C151", ("schedule", "cron"), f"{contract.schedule.cron!r} is no schedule: {reason}", help_)


def _appended(contract: Contract) -> Iterator[Finding]:
    time = contract.time_col
    if time is None:
        message = "`source.mode: append` takes rows by their time, and the contract has no `time_col`"
        yield Finding("C106", ("source", "mode"), message, "add `time_col`")
        return
    keys: list[tuple[Path, tuple[str, ...]]] = [
        (("constraints", "unique", at), key) for at, key in enumerate(contract.constraints.unique)
    ]
    if contract.clean.deduplicate:
        keys.append((("clean", "deduplicate", "by"), contract.clean.deduplicate.by))
    for path, key in keys:
        if time not in key:
            message = f"({', '.join(key)}) lacks `{time}`: in appended files a key is judged within its interval"
            yield Finding("C150", path, message, f"add `{time}` to it, or set `source.mode` to replace")


def _why_no_cron(cron: str) -> str | None:
    if cron in _SHORTHANDS:
        return None
    from croniter import CroniterError, croniter

    if len(cron.split()) != 5:
        return "it has not five fields"
    try:
        times = croniter(cron)
        first, second = times.get_next(), times.get_next()
    except (CroniterError, ValueError) as error:
        return str(error)
    return "it is due more often than every five minutes" if second - first < _SHORTEST else None
