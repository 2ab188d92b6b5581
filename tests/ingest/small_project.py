"""A small project on disk."""

from __future__ import annotations

from pathlib import Path

TYPES = {"id": "int64", "treated": "int8", "x": "float64", "g": "category"}
GOOD = b"id,treated,x,g\n1,0,1.5,a\n2,1,2.5,b\n3,1,,a\n"


class Project:
    """A project folder with raw files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.raw = root / "data" / "raw"
        self.raw.mkdir(parents=True)

    def put(self, content: bytes, name: str = "d.csv") -> Path:
        path = self.raw / name
        path.write_bytes(content)
        return path

    def staged(self) -> dict[str, bytes]:
        folder = self.root / "data" / "staged"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
