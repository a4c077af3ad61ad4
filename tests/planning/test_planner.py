"""The way from a case to a plan, where the worlds that chose are not enough."""

from __future__ import annotations

import jax
import pytest
from tiny_firm import CASE

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning import Effort, Progress, plan
from beachhead.planning.search import EFFORT


@pytest.mark.slow
def test_the_search_goes_on_where_cash_runs_out_on_other_worlds() -> None:
    text = CASE.replace("quarters = 8", "quarters = 16").replace('must = ["DEU"]', "")
    poor = Case.loads(text.replace("capital = 4e6", "capital = 3e5"))
    told: list[Progress] = []
    costs: list[Effort] = []
    with jax.enable_x64(True):  # as a notebook may have set; the search is in single precision
        made = plan(
            poor, load_panel(as_of=poor.as_of), effort="quick", worlds=32, fresh_worlds=128,
            progress=told.append, record=costs.append,
        )  # fmt: skip
    first, whole = EFFORT["quick"], EFFORT["quick"] * 5 // 4
    assert [at.done for at in told] == sorted(at.done for at in told)
    before = [at for at in told if at.budget == first]
    after = [at for at in told if at.budget == whole]
    assert before + after == told and after
    assert after[0].done == first and first < costs[0].evaluations <= whole + 16
    # J on the other worlds is no J under the bound.
    assert {at.best for at in after} == {before[-1].best} and made.bound >= before[-1].best
    assert made.schedule.entries and made.objective > made.stay_home
