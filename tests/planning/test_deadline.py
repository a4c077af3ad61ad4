"""A time limit, on clocks that tests move on themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import jax
import pytest
from tiny_firm import CASE

from beachhead.cases import Case
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.planning import Deadline, Effort, Plan, plan, planner
from beachhead.planning.deadline import OutOfTime
from beachhead.planning.search import EFFORT
from beachhead.reporting.sentences import tell_status

ENOUGH = 1_000.0  # seconds


class Watch:
    """A clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_step_is_taken_only_where_one_like_the_last_fits() -> None:
    watch = Watch()
    deadline = Deadline.within(100.0, watch)
    deadline.after = 20.0
    for watch.now in (10.0, 40.0):
        deadline.step()
    assert not deadline.passed
    watch.now = 60.0  # the last took 20, so that one more would end at 80, when 20 are left
    deadline.step()
    watch.now = 71.0
    with pytest.raises(OutOfTime):
        deadline.step()
    assert deadline.passed


def test_what_does_not_fit_is_remembered() -> None:
    watch = Watch()
    deadline = Deadline.within(10.0, watch)
    assert deadline.allows(10.0) and not deadline.passed
    assert not deadline.allows(10.1) and deadline.passed


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel(Case.loads(CASE).as_of)


def _plan(
    panel: Panel, deadline: Deadline | None, on_progress: Callable[[], None] = lambda: None
) -> tuple[Plan, Effort]:
    costs: list[Effort] = []
    made = plan(
        Case.loads(CASE), panel, effort="quick", record=costs.append, deadline=deadline,
        progress=lambda _: on_progress(),
    )  # fmt: skip
    return made, costs[0]


def _text(made: Plan) -> str:
    case = Case.loads(CASE)
    labels = [case.quarter_label(t) for t in range(case.quarters)]
    names = {entry.iso3: entry.iso3 for entry in made.schedule.entries}
    return made.to_json(names, labels)


@pytest.fixture(scope="module")
def unlimited(panel: Panel) -> tuple[Plan, Effort]:
    with jax.enable_x64(False):
        return _plan(panel, None)


@pytest.mark.slow
def test_a_limit_that_does_not_bite_changes_nothing(panel: Panel, unlimited) -> None:
    made, effort = _plan(panel, Deadline.within(ENOUGH, Watch()))
    assert (made.status, made.ended_by, effort.ended_by) == ("complete", None, None)
    assert _text(made) == _text(unlimited[0])
    assert tell_status(made) == ""


@pytest.mark.slow
def test_a_limit_ends_the_search_and_says_so(panel: Panel, unlimited) -> None:
    """Every look at the search takes 40 % of the time: the third is too late for a fourth."""
    watch, looks = Watch(), count(1)

    def go_on() -> None:
        watch.now += 0.4 * ENOUGH
        next(looks)

    made, effort = _plan(panel, Deadline.within(ENOUGH, watch), go_on)
    assert next(looks) - 1 == 2
    assert (made.status, made.ended_by, effort.ended_by) == ("partial", "time limit", "time limit")
    assert 0 < effort.evaluations < unlimited[1].evaluations <= EFFORT["quick"] * 5 // 4 + 16
    assert made.bound is not None and made.bound >= made.objective
    assert "DEU" in [entry.iso3 for entry in made.schedule.entries]
    assert tell_status(made).startswith("PARTIAL: the time limit was reached")


@pytest.mark.slow
def test_no_time_at_all_still_makes_a_plan(panel: Panel) -> None:
    watch = Watch()
    deadline = Deadline.within(ENOUGH, watch)
    watch.now = 2.0 * ENOUGH
    made, effort = _plan(panel, deadline)
    assert (made.ended_by, effort.evaluations) == ("time limit", 0)
    assert "DEU" in [entry.iso3 for entry in made.schedule.entries]


@pytest.mark.slow
def test_ctrl_c_under_a_limit_is_ctrl_c(panel: Panel) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    made, effort = _plan(panel, Deadline.within(ENOUGH, Watch()), interrupt)
    assert (made.status, effort.ended_by) == ("partial", "Ctrl-C")
    assert tell_status(made).startswith("PARTIAL: the search was interrupted")


@pytest.mark.slow
def test_ctrl_c_between_the_searches_keeps_what_was_found(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(planner, "prune", interrupt)
    made, effort = _plan(panel, None)
    assert (made.status, effort.ended_by) == ("partial", "Ctrl-C")
    assert 0 < effort.evaluations <= EFFORT["quick"] and made.schedule.entries


@pytest.mark.slow
def test_no_schedule_within_the_limits_and_the_time(panel: Panel) -> None:
    """Where there is none, and no time to look for the reason, that is still an input at fault."""
    demand = '{ metric = "revenue_abroad", value = 1e12, by = "2025Q4", probability = 0.9 }'
    case = Case.loads(CASE.replace("[firm]", f"targets = [{demand}]\n[firm]", 1))
    watch = Watch()
    deadline = Deadline.within(ENOUGH, watch)
    watch.now = 2.0 * ENOUGH
    with pytest.raises(InputError, match="no schedule was found"):
        plan(case, panel, effort="quick", deadline=deadline)
