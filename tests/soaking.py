"""How long a property is tried: a short sample in `make test`, a campaign in `make soak`."""

import os


def examples(sample: int) -> int:
    """``sample`` examples, or as many times that as CIQ_SOAK says."""
    return sample * int(os.environ.get("CIQ_SOAK", "1"))


def campaign(sample: int, whole: int) -> int:
    """``sample`` cases, or the ``whole`` campaign where CIQ_SOAK is set."""
    return whole if "CIQ_SOAK" in os.environ else sample
