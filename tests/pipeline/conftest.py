"""A published project that several modules copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_once import built_once
from two_studies import publish


@pytest.fixture(scope="session")
def two_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two studies, published."""
    return built_once(tmp_path_factory, "two_studies", publish)
