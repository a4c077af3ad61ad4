"""The gap of a plan on futures that its search did not see."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy import stats
from tiny_firm import CASE

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.planner import plan
from beachhead.planning.replications import replicate


@pytest.mark.slow
def test_gap_on_other_futures() -> None:
    """Mak, Morton and Wood (1999): bound_k >= J_k on every set, and the t-interval of the mean."""
    with jax.enable_x64(False):  # as a user plans
        _replicate()


def _replicate() -> None:
    case = Case.loads(CASE)
    panel = load_panel(case.as_of)
    found = plan(case, panel, effort="quick")
    gap = replicate(case, panel, found, count=4)
    gaps = np.array([one.bound - one.objective for one in gap.replications])
    assert (gaps >= -1e-6 * abs(found.objective)).all()
    assert len({one.objective for one in gap.replications} | {found.objective}) == 5
    low, high = stats.t.interval(0.9, 3, gaps.mean(), stats.sem(gaps))
    assert (gap.mean, gap.upper) == pytest.approx((gaps.mean(), high), rel=1e-9)
    assert gap.status == "complete" and low <= gap.mean
    # The plan was chosen on other worlds: the best there is worth more, so the gap is no smaller.
    assert gap.mean > 0.0
    assert gap == replicate(case, panel, found, count=4)
