"""Whether a file is still the one whose first byte was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ciq.errors import DataRefused, Problem
from ciq.ingest.content.raw import Tick


@dataclass(frozen=True)
class Stamp:
    """What the file system says of a file; another stamp is another file."""

    path: Path
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file now."""
        stat = path.stat()
        return cls(path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    def verify(self) -> None:
        """Raise DataRefused if the file has another stamp by now."""
        try:
            same = Stamp.of(self.path) == self
        except OSError:
            same = False
        if not same:
            raise self._other()

    def within(self, tick: Tick) -> Tick:
        """``tick``, ending the pass over a file that grows as it is read."""
        read = 0

        def counted(count: int) -> None:
            nonlocal read
            read += count
            if read > self.size:
                raise self._other()
            tick(count)

        return counted

    def _other(self) -> DataRefused:
        message = "the file changed while it was read"
        return DataRefused(Problem("F126", message, self.path, help="run again once it is written"))
