"""When an interval of appended files is due: not before a row of it, or of a later one, has landed."""

from sqlmesh import signal


@signal()
def landed(batch, manifest):
    """The intervals of ``batch`` that begin by the last row of the parts that the file ``manifest`` counts."""
    import json
    from datetime import datetime
    from pathlib import Path

    ends = datetime.fromisoformat(json.loads(Path(manifest.name).read_text(encoding="utf-8"))["ends"])
    return [interval for interval in batch if interval[0] <= ends]
