"""A published project that several modules copy."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from two_studies import publish


@pytest.fixture(scope="session")
def two_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two studies, published by whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "two_studies"
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            building = root.with_suffix(".building")
            building.mkdir()
            publish(building)
            building.rename(root)
    return root
