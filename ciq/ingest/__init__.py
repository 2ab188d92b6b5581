"""From raw files to typed, judged, versioned Parquet: identical or refused with a place and a reason."""

from ciq.ingest.check import CheckResult, check
from ciq.ingest.landing import Landed, Progress, ingest, waiting
from ciq.ingest.manifest import READER_VERSION, Manifest, SourceFile, current
from ciq.ingest.sources import strays

__all__ = [
    "READER_VERSION",
    "CheckResult",
    "Landed",
    "Manifest",
    "Progress",
    "SourceFile",
    "check",
    "current",
    "ingest",
    "strays",
    "waiting",
]
