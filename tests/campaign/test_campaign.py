"""No violation is missed, and hardly a clean data set is refused: a sample here, 400 studies in the campaign."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from soaking import examples

from campaign.studies import DEFECTS, clean, defective
from campaign.trial import Verdict, verdicts

SEED = 4
WHOLE = examples(1) > 1
A_DEFECT, CLEAN = (20, 200) if WHOLE else (1, 2)
MOST = None if WHOLE else 3_000


def told(verdict: Verdict) -> str:
    """A study in a line: kind, rows, covariates, and what was said of it."""
    said = ", ".join(problem.message for problem in verdict.judged.refused.values()) or "published"
    return f"{verdict.study.kind} ({verdict.study.table.num_rows} x {len(verdict.study.covariates)}): {said}"


@pytest.mark.parametrize("kind", DEFECTS)
def test_every_defect_is_caught_by_its_own_rule(kind: str) -> None:
    random = np.random.default_rng([SEED, *kind.encode()])
    found = list(verdicts(defective(random, f"study{i}", kind, most=MOST) for i in range(A_DEFECT)))
    assert len(found) == A_DEFECT
    assert [told(verdict) for verdict in found if not verdict.right] == []


def test_hardly_a_clean_study_is_refused() -> None:
    """Half of them randomised, half confounded with a right model; at most 2 of 100 may be refused."""
    random = np.random.default_rng(SEED)
    studies = (clean(random, f"study{i}", randomised=i % 2 == 0, most=MOST) for i in range(CLEAN))
    found = list(verdicts(studies))
    wrong = [told(verdict) for verdict in found if not verdict.right]
    assert Counter(verdict.study.kind for verdict in found) == {"randomised": CLEAN // 2, "confounded": CLEAN // 2}
    assert len(wrong) <= 0.02 * CLEAN, wrong
