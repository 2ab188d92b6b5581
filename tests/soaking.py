"""How long a property is tried: a short sample in `make test`, a campaign in `make soak`."""

import os
from typing import TypeVar


def examples(sample: int) -> int:
    """``sample`` examples, or as many times that as CIQ_SOAK says."""
    return sample * int(os.environ.get("CIQ_SOAK", "1"))


Cases = TypeVar("Cases")


def campaign(sample: Cases, whole: Cases) -> Cases:
    """``sample`` cases, or the ``whole`` campaign where CIQ_SOAK is set."""
    return whole if "CIQ_SOAK" in os.environ else sample
