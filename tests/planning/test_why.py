"""Why a market is in a plan: what it brings is what simulating the plan without it says."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Gated, Schedule
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.mechanisms.knowledge import KINDS
from beachhead.planning.grounds import Why
from beachhead.planning.inquiry import Inquiry, find_teachers
from beachhead.planning.nearest import find_zero, pull_cost, pull_size
from beachhead.planning.plan import Plan, Value
from beachhead.planning.planner import CHECK, CHECK_SEED, FRESH_SEED
from beachhead.simulation import simulate

WORLDS = 128
CASE = """
as_of = 2024-06-30
quarters = 16
firm = { name = "Small", home = "AUT", units = 400000, revenue = 20e6 }
product = { category = "generic", price = 45.0, unit_cost = 3.0 }
markets = { candidates = ["DEU", "CZE", "SVN", "POL"] }
modes = { allowed = ["online", "distributor"], localisation = [0.0] }
[limits]
teams = 1
capital = 4e7
max_markets = 3
after = [["CZE", "DEU"]]
must = ["DEU", "CZE", "SVN"]
"""
SCHEDULE = Schedule(
    entries=(
        Entry(iso3="DEU", quarter=2, mode="online", localisation=0.0),
        Entry(iso3="CZE", quarter=4, mode="distributor", localisation=0.0),
        Entry(iso3="SVN", quarter=6, mode="online", localisation=0.0),
    )
)


def value(case: Case, schedule: Schedule):
    """Mean value of each market, as the simulation has it."""
    panel = load_panel(as_of=case.as_of)
    futures = simulate(
        case, panel, believe(case, panel), schedule, worlds=WORLDS, seed=1 + FRESH_SEED
    )
    return futures["value"].mean("world")


def make_plan(case: Case, mean: float) -> Plan:
    spread = Value(mean, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Plan(case.name, "0", 1, "quick", "complete", 0.0, 0.0, None, None, "", spread, SCHEDULE,
                (), (), ())  # fmt: skip


@pytest.fixture(scope="module")
def inquiry() -> Inquiry:
    import jax

    with jax.enable_x64(True):
        case = Case.loads(CASE)
        panel = load_panel(as_of=case.as_of)
        plan = make_plan(case, float(value(case, SCHEDULE).sum()))
        given = {"worlds": 16, "fresh_worlds": WORLDS, "also": ("POL",)}
        return Inquiry(case, panel, plan, **given)


def test_what_markets_bring_adds_up(inquiry: Inquiry) -> None:
    worths = [inquiry.weigh(row) for row in (*inquiry.present, *inquiry.entries)]
    assert [worth.role for worth in worths] == ["home", *["entered"] * 3]
    total = sum(worth.own for worth in worths)
    assert total == pytest.approx(inquiry.plan.value.mean, rel=1e-9)
    for worth in worths[1:]:
        rest = tuple(e for e in SCHEDULE.entries if e.iso3 != worth.iso3)
        without = value(inquiry.case, Schedule(entries=rest))
        assert worth.adds == pytest.approx(total - float(without.sum()), rel=1e-6)
        assert worth.home == pytest.approx(
            worths[0].own - float(without.sel(market="AUT")), rel=1e-6
        )
        parts = worth.home + worth.lends + worth.haste + worth.spillover
        assert worth.adds == pytest.approx(worth.own + parts, rel=1e-9) and worth.rest == 0.0
        assert worth.home < 0  # attention abroad is missed at home
    first, last = worths[1], worths[-1]
    assert first.lends > 0 and first.lent_to[0].iso3 in ("CZE", "SVN")
    # Nobody enters after it: it makes those that are there already last longer.
    assert last.lends > 0 and {learner.iso3 for learner in last.lent_to} <= {"DEU", "CZE"}
    assert first.lends > sum(learner.worth for learner in first.lent_to) * (1.0 - 1e-9)


def look(**parameters: float) -> Inquiry:
    """At a plan with two entries in one neighbourhood, under these parameters."""
    import jax

    lines = "".join(f'"{name}" = {value}\n' for name, value in parameters.items())
    last = Entry(iso3="POL", quarter=6, mode="online", localisation=0.0)
    schedule = Schedule(entries=(*SCHEDULE.entries[:2], last))
    with jax.enable_x64(True):
        case = Case.loads(f"{CASE}[parameters]\n{lines}")
        plan = replace(make_plan(case, float(value(case, schedule).sum())), schedule=schedule)
        return Inquiry(case, load_panel(as_of=case.as_of), plan, worlds=16, fresh_worlds=WORLDS)


UNTAUGHT = {f"knowledge.{kind}": 0.0 for kind in KINDS}
CALM = {"entry.haste": 0.0, "exit.haste": 0.0}
UNHEARD = {"acceptance.spillover": 0.0}


@pytest.mark.parametrize(
    ("part", "off"), [("lends", UNTAUGHT), ("haste", CALM), ("spillover", UNHEARD)]
)
def test_a_part_is_nothing_without_its_mechanism(part: str, off: dict[str, float]) -> None:
    usual, there = look(), look(**off)
    worths = [there.weigh(row) for row in there.entries]
    assert all(getattr(worth, part) == pytest.approx(0.0, abs=1e-6) for worth in worths)
    assert all(worth.rest == 0.0 for worth in worths)
    assert any(abs(getattr(usual.weigh(row), part)) > 1.0 for row in usual.entries)
    answer = there.answer(there.entries[-1], worths[-1])
    assert bool(answer.helped_by) == (answer.taught > 1.0) == (part != "lends")


def test_what_a_market_learns_is_what_it_loses_if_nothing_can_be_learned() -> None:
    # Else who knows more launches in less haste, and is heard of for longer.
    there, none = look(**CALM, **UNHEARD), look(**CALM, **UNHEARD, **UNTAUGHT)
    entry, stay = there.learned
    lost = there.base.own - none.base.own
    assert (entry + stay)[there.entries] == pytest.approx(lost[there.entries], rel=1e-9)
    assert (entry[there.entries[1:]] > 1.0).all() and stay[there.entries[0]] > 1.0


def test_those_who_know_as_much_teach_as_much(inquiry: Inquiry) -> None:
    problem, central = inquiry.packed.problem, inquiry.exact.setting.central
    alike = problem._replace(likeness=problem.likeness._replace(
        teaches=np.ones_like(problem.likeness.teaches),
        learns=np.ones_like(problem.likeness.learns),
    ))  # fmt: skip
    enter = inquiry.schedule[0].copy()
    rows = [inquiry.packed.markets.index(iso3) for iso3 in ("DEU", "CZE", "SVN")]
    enter[rows] = 2, 2, 6
    parts = find_teachers(alike, central, enter, rows[2], np.array([5], np.int32))
    assert parts[rows[:2]] == pytest.approx([0.5, 0.5]) and parts.sum() == pytest.approx(1.0)
    # Whoever has been there for long has the larger part; before anybody is there nobody teaches.
    enter[rows[1]] = 4
    early, late = (
        find_teachers(alike, central, enter, rows[2], np.array(when, np.int32))
        for when in ([2, 1], [5, 6, 7])
    )
    assert not early.any() and late[rows[0]] > late[rows[1]] > 0.0


def test_changes_of_an_entry(inquiry: Inquiry) -> None:
    row = inquiry.packed.markets.index("CZE")
    answer = inquiry.answer(row, inquiry.weigh(row))
    assert (answer.enter, answer.mode) == ("2025Q3", "distributor")
    assert answer.after == ("DEU",) and answer.before == ()
    # Germany made its entry cheaper, and Slovenia makes it last longer.
    assert [teacher.iso3 for teacher in answer.helped_by] == ["DEU", "SVN"]
    assert sum(teacher.worth for teacher in answer.helped_by) == pytest.approx(answer.taught)
    trials = {trial.kind: trial for trial in answer.trials}
    assert trials["without"].gains == pytest.approx(-answer.worth.adds)
    assert trials["without"].breaks == ("demands",) and answer.demanded == "limits.must"
    # One team: what is entered half a year later takes the time of the next one, which gives way.
    assert trials["later"].enter == "2026Q1"
    assert [moved.iso3 for moved in trials["later"].moved] == ["SVN"]
    assert trials["later"].breaks == ()
    assert trials["otherwise"].mode == "online"
    first = inquiry.packed.markets.index("DEU")
    demanded = inquiry.answer(first, inquiry.weigh(first))
    assert demanded.before == ("CZE",)
    assert set(demanded.trials[0].breaks) == {"demands", "after"}
    assert "sooner" not in {trial.kind for trial in demanded.trials}  # it is not ready before


def test_what_keeps_a_market_out(inquiry: Inquiry) -> None:
    row = inquiry.packed.markets.index("POL")
    answer = inquiry.answer(row, inquiry.weigh(row))
    assert answer.enter is None
    # It would pay, but three markets are all that the case allows, and three are demanded.
    assert answer.trials == ()
    assert all(bar.kind == "limit" and bar.gains > 0 for bar in answer.bars)
    assert "max_markets" in [bar.name for bar in answer.bars]
    assert "after" not in [bar.name for bar in answer.bars]


@pytest.mark.slow
def test_a_pilot_takes_those_behind_it_along() -> None:
    text = (
        CASE.replace('must = ["DEU", "CZE", "SVN"]', 'must = ["CZE"]')
        + """
[[gates]]
name = "Germany first"
pilot = "DEU"
markets = ["SVN"]
wait = [2]
units = [1000.0]
"""
    )
    case, used = Case.loads(text), (Gated(gate=0, wait=2, threshold=1000.0),)
    schedule = SCHEDULE.model_copy(update={"gates": used})
    plan = replace(make_plan(case, float(value(case, schedule).sum())), schedule=schedule)
    inquiry = Inquiry(case, load_panel(as_of=case.as_of), plan, worlds=16, fresh_worlds=WORLDS)
    pilot, behind = (inquiry.packed.markets.index(iso3) for iso3 in ("DEU", "SVN"))
    answer = inquiry.answer(pilot, inquiry.weigh(pilot))
    assert answer.pilots == ("Germany first",) and answer.behind == ("SVN",)
    without = value(case, Schedule(entries=schedule.entries[1:2]))
    lost = inquiry.plan.value.mean - float(without.sum())
    assert answer.worth.adds == pytest.approx(lost, rel=1e-6)
    assert set(answer.trials[0].breaks) == {"after", "gates"}
    answer = inquiry.answer(behind, inquiry.weigh(behind))
    assert answer.waits == ("Germany first",) and answer.pilots == ()
    assert answer.trials[0].breaks == ()


def test_cash_is_looked_at_where_the_search_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    text = CASE.replace("capital = 4e7", "capital = 4e6")
    case = Case.loads(text.replace("unit_cost = 3.0", "unit_cost = 30.0"))
    plan, panel = make_plan(case, float(value(case, SCHEDULE).sum())), load_panel(as_of=case.as_of)
    with jax.enable_x64(True):
        poor = Inquiry(case, panel, plan, worlds=16, fresh_worlds=WORLDS)
        futures = simulate(case, panel, believe(case, panel), SCHEDULE, worlds=CHECK * 16,
                           seed=1 + CHECK_SEED)  # fmt: skip
        short = float((futures["cash"].min("quarter") < 0.0).mean())
        assert 0.05 < short < 0.95
        assert poor.ruin == pytest.approx(short, abs=2.0 / (CHECK * 16))
        row = poor.packed.markets.index("CZE")
        assert poor.answer(row, poor.weigh(row)).trials[0].breaks == ("demands",)
        # Cash is there on the worlds that chose the plan, and short on those.
        monkeypatch.setattr(poor, "ruin", 0.0)
        assert poor.answer(row, poor.weigh(row)).trials[0].breaks == ("demands", "ruin")


def test_a_plan_that_is_not_worth_what_it_says_is_refused(inquiry: Inquiry) -> None:
    case, mean = inquiry.case, inquiry.plan.value.mean * (1 + 1e-6)
    with pytest.raises(InputError, match="off what version 0 said"):
        Inquiry(case, load_panel(as_of=case.as_of), make_plan(case, mean), worlds=16,
                fresh_worlds=WORLDS)  # fmt: skip


def test_it_comes_back(inquiry: Inquiry) -> None:
    row = inquiry.entries[0]
    worth = inquiry.weigh(row)
    found = Why("x", "complete", WORLDS, 16, 1.0, (worth,), (inquiry.answer(row, worth),))
    assert Why.from_json(found.to_json()) == found
    assert dataclasses.asdict(found)["worths"][0]["role"] == "entered"


def test_a_market_left_alone_pays_once_what_is_named_has_changed() -> None:
    import jax

    text = CASE.replace("unit_cost = 3.0", "unit_cost = 12.0").replace("max_markets = 3\n", "")
    with jax.enable_x64(True):
        case = Case.loads(text)
        plan = make_plan(case, float(value(case, SCHEDULE).sum()))
        panel = load_panel(as_of=case.as_of)
        inquiry = Inquiry(case, panel, plan, near=3, worlds=16, fresh_worlds=WORLDS)
        row = inquiry.packed.markets.index("POL")
        assert inquiry.near == [row]  # the only candidate that the plan leaves alone
        found = inquiry.reject(row)
        assert found.answer.bars[0].kind in ("alone", "beside")
        assert found.cost is None or 0.0 <= found.cost < 1.0
        assert found.size is not None and 1.0 < found.size < 3.0

        tried, _ = inquiry._add(row)
        made = inquiry._lay(inquiry.schedule, row, tried)

        def gain(pull, factor: float) -> float:
            problem = pull(inquiry.exact.setting.problem, row, factor)
            setting = inquiry.exact.setting._replace(problem=problem)
            scores = replace(inquiry.exact, setting=setting).scores(*made)
            return float(np.max(scores.objective)) - inquiry.scores.objective

        assert gain(pull_size, 1.0) < 0.0 < gain(pull_size, 1.02 * found.size)
        # With more people, there is an entry cost at which it pays as well; the less, the better.
        assert gain(pull_cost, 1.0) < gain(pull_cost, 0.5) < gain(pull_cost, 0.0)


def test_a_threshold_is_where_the_gain_is_zero() -> None:
    assert find_zero(lambda x: x - 3.0, 8.0) == pytest.approx(3.0, rel=1e-3)
    assert find_zero(lambda x: 0.25 - x**2, 0.0) == pytest.approx(0.5, rel=1e-2)
    assert find_zero(lambda x: x - 9.0, 8.0) is None
