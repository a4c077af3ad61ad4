"""A plan against what happened: the same futures, the odds from where the firm stands, the rule."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from beachhead.calibration import believe
from beachhead.cases import Schedule
from beachhead.cases.actuals import Actual
from beachhead.errors import InputError
from beachhead.evidence.fans import Calibration
from beachhead.evidence.launches import list_launches
from beachhead.evidence.odds import take_up, weigh_futures, weigh_plan, weigh_rest
from beachhead.evidence.tracking import (
    Aim,
    Track,
    _weigh_aims,
    _weigh_calibration,
    find_as_of,
    track,
)
from beachhead.planning.planner import FRESH_SEED
from beachhead.planning.targets import chances
from beachhead.planning.valuation import PART, Valuer
from beachhead.simulation import Beliefs, trace
from beachhead.simulation.pack import pack

SEEN = (
    *(Actual("AUT", label, "units", 100_500.0) for label in ("2023Q4", "2024Q1", "2024Q2")),
    Actual("DEU", "2024Q2", "entered", 1.0),
    Actual("DEU", "2024Q2", "units", 1e9),
    Actual("CZE", "2024Q3", "entered", 0.0),
    Actual("AUT", "2024Q3", "units", 90_000.0),
    Actual("", "2024Q3", "cash", 3.9e7),
)


@pytest.fixture(scope="module")
def fans(made) -> xr.Dataset:
    beliefs = Beliefs.from_prior(made.case, made.panel)
    return trace(made.case, made.panel, beliefs, made.plan.schedule, worlds=64, seed=3)


def hold(made, *actuals: Actual, as_of: str = "2024Q4") -> Track:
    return track(
        made.case, made.panel, made.plan, made.futures, actuals, as_of, worlds=PART
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(made) -> Track:
    return hold(made, *SEEN)


def test_the_fan_is_of_the_futures_of_the_plan(made, fans: xr.Dataset) -> None:
    futures, ledger = made.futures, made.futures["ledger"]
    np.testing.assert_array_equal(fans["market"].values, futures["market"].values)
    np.testing.assert_allclose(fans["cash"].values, futures["cash"].values, rtol=1e-12)
    for name, mean in (
        ("units", futures["units"]), ("category", futures["category"]),
        ("revenue", ledger.sel(line="sales")), ("entry_cost", -ledger.sel(line="opening")),
        ("flow", ledger.sum("line")),
    ):  # fmt: skip
        theirs = fans[name].mean("world").values
        np.testing.assert_allclose(theirs, mean.values, rtol=1e-9, atol=1e-6, err_msg=name)


def test_nothing_has_happened_and_the_odds_are_those_of_the_plan(made) -> None:
    """At the start of the horizon the rest of the plan is the plan, in the same worlds."""
    case, panel, plan = made.case, made.panel, made.plan
    resumed = take_up(case, panel, plan.schedule, made.futures, (), "2023Q4")
    odds = weigh_rest(resumed, case, plan.seed, worlds=PART)
    with jax.enable_x64(True):
        packed = pack(case, panel).following(plan.schedule)
        valuer = Valuer.prepare(
            case, packed, Beliefs.from_prior(case, panel), PART, plan.seed + FRESH_SEED,
            jnp.float64, told=True,
        )  # fmt: skip
        account = valuer.judge(*packed.encode(plan.schedule))
        planned = np.asarray(chances(jnp.asarray(account.reached)))
    assert odds.chances == dict(enumerate(map(float, planned)))
    assert 0.0 < odds.chances[0] < 1.0  # so that the comparison says something
    assert odds.ruin == 0.0 and odds.worlds == PART
    even = np.full(PART, 1.0 / PART)
    fans = xr.Dataset(coords={"world": np.arange(PART)})
    same = weigh_plan(
        case,
        panel,
        believe(case, panel),
        plan.schedule,
        fans,
        plan.seed + FRESH_SEED,
        even,
    )
    assert same.chances == pytest.approx(odds.chances) and same.effective == pytest.approx(PART)


def test_each_part_of_the_answer(made, found: Track) -> None:
    by = {(one.market, one.metric, one.quarter): one for one in found.observations}
    assert set(by) == {(a.market, a.metric, a.quarter) for a in SEEN if a.metric != "entered"}
    germany = by["DEU", "units", "2024Q2"]
    assert germany.outside and germany.counted and germany.percentile == 1.0
    assert not by["", "cash", "2024Q3"].counted  # Czechia was to be paid for
    assert [(one.market, one.kind, one.late) for one in found.launches] == [
        ("CZE", "not entered", 1), ("DEU", "as planned", 0),
    ]  # fmt: skip
    year, demanded, markets = found.aims
    assert (year.outcome, year.measured) == ("missed", 391_500.0) and year.now is None
    # Germany sells a billion a quarter: the rest of the plan starts from there, and only an exit
    # by the middle of 2025 keeps it from a hundred.
    assert demanded.outcome == "open" and 0.9 < (demanded.now or 0.0) < 1.0
    assert (markets.outcome, markets.measured) == ("met", 2.0)
    assert found.answer == "REVIEW" and (found.seen, found.later) == (8, 0)
    assert any(
        "Czechia was not entered, 1 quarter after its date 2024Q3" in reason.words
        for reason in found.reasons
    )
    assert any(
        "400,000 units at home in the year to 2024Q3 was missed" in reason.words
        for reason in found.reasons
    )
    assert Track.from_json(found.to_json()) == found
    assert found.by == "state" and found.worlds == PART  # no future follows another schedule


def test_odds_are_of_the_futures_while_there_are_enough(made) -> None:
    nothing = hold(made, as_of="2023Q4")
    assert nothing.by == "futures" and nothing.effective == pytest.approx(64.0)
    strange = hold(made, Actual("AUT", "2023Q4", "units", 5e5), as_of="2024Q1")
    assert strange.by == "state" and strange.effective == PART


def test_what_comes_later_changes_nothing(made, found: Track) -> None:
    poison = (
        Actual("AUT", "2024Q4", "units", 1e12), Actual("DEU", "2025Q1", "exited", 1.0),
        Actual("SVN", "2024Q4", "entered", 1.0), Actual("", "2031Q1", "cash", -1e15),
    )  # fmt: skip
    later = hold(made, *poison, *SEEN)
    assert later.later == 4
    assert replace(later, later=0).to_json() == found.to_json()


def test_in_the_last_year_the_odds_go_on(made) -> None:
    """Less than four quarters are left, with the firm at home as it is; no ruin is told then."""
    sold = [Actual("AUT", q, "units", 100_000.0) for q in ("2024Q2", "2024Q3", "2024Q4")]
    found = hold(made, *sold, Actual("DEU", "2024Q4", "units", 1e9), as_of="2025Q2")
    assert not found.can_replan and found.ruin_now is None
    assert 0.9 < (found.aims[1].now or 0.0) <= 1.0  # due in 2025Q2, not seen yet
    over = hold(made, *sold, as_of="2025Q4")
    assert over.worlds == 0 and {aim.now for aim in over.aims} == {None}
    assert over.aims[1].outcome == "unknown"


def test_entries_as_planned_and_as_made(made) -> None:
    now = 4 * 2024 + 3  # 2024Q4
    said = (
        Actual("DEU", "2024Q3", "entered", 1.0, "distributor"),
        Actual("SVN", "2024Q1", "entered", 1.0), Actual("POL", "2024Q1", "entered", 1.0),
        Actual("CHE", "2024Q2", "exited", 1.0),
    )  # fmt: skip
    launches = {
        (one.market, one.kind): one
        for one in list_launches(made.case, made.plan.schedule, said, {"DEU", "CZE", "SVN"}, now)
    }
    assert {key: one.late for key, one in launches.items()} == {
        ("DEU", "late"): 1, ("CZE", "not said"): 0, ("SVN", "early"): -5, ("POL", "not planned"): 0,
        ("CHE", "left"): 0,
    }  # fmt: skip
    assert launches["DEU", "late"].otherwise and not launches["SVN", "early"].otherwise
    # Not done though not said either: its gate has kept it out.
    shut = list_launches(made.case, made.plan.schedule, (), {"DEU"}, now)
    assert [(one.market, one.kind) for one in shut] == [("CZE", "waits"), ("DEU", "not said")]
    none = list_launches(made.case, Schedule(), (), (), now)
    assert none == ()


@pytest.mark.parametrize(
    ("chance", "answers"), [(0.2, []), (0.05, []), (0.049, ["REVIEW"]), (0.0099, ["RE-PLAN"])]
)
def test_the_rule_of_figures_outside(chance: float, answers: list[str]) -> None:
    reasons = _weigh_calibration(Calibration(20, 7, 2.0, chance, 1024))
    assert [reason.answer for reason in reasons] == answers


@pytest.mark.parametrize(
    ("number", "planned", "now", "answers"),
    [
        (1, 0.3, 0.19, []),  # 20 % are demanded: within two standard errors, 2.5 points
        (1, 0.3, 0.17, ["RE-PLAN"]),
        (0, 0.5, 0.26, []), (0, 0.5, 0.24, ["REVIEW"]),
        (0, 0.1, 0.01, []),  # little was promised, and little is lost
        (0, None, 0.01, []),
    ],
)  # fmt: skip
def test_the_rule_of_odds(made, number: int, planned, now: float, answers: list[str]) -> None:
    probability = made.case.targets[number].probability
    aim = Aim(number, "2023-09-30", planned, probability, now, "open")
    assert [r.answer for r in _weigh_aims(made.case, made.panel, [aim], 1024)] == answers


def test_late_by_more_than_half_a_year(made) -> None:
    late = Actual("DEU", "2025Q1", "entered", 1.0)
    (germany,) = [
        one
        for one in list_launches(made.case, made.plan.schedule, [late], {"DEU"}, 4 * 2025 + 1)
        if one.market == "DEU"
    ]
    assert germany.late == 3
    found = hold(made, late, Actual("DEU", "2025Q1", "units", 50.0), as_of="2025Q2")
    assert found.answer == "RE-PLAN"
    assert found.reasons[0].words == "Germany was entered 3 quarters late, in 2025Q1"


def test_quarters(made) -> None:
    assert find_as_of(SEEN) == "2024Q4"
    with pytest.raises(InputError, match="no rows"):
        find_as_of(())
    with pytest.raises(InputError, match="before the plan begins"):
        hold(made, as_of="2023Q3")


@pytest.fixture(scope="module")
def many(made) -> xr.Dataset:
    beliefs = Beliefs.from_prior(made.case, made.panel)
    return trace(made.case, made.panel, beliefs, made.plan.schedule, worlds=1024, seed=99)


def test_the_odds_now_are_better_than_those_of_the_plan(fans: xr.Dataset, many: xr.Dataset) -> None:
    """Each of other futures is taken to have happened, and its first half year is seen."""

    def sum_year(futures: xr.Dataset) -> np.ndarray:
        return futures["units"].sel(market="AUT").isel(quarter=slice(0, 4)).sum("quarter").values

    aim = float(np.median(sum_year(many)))
    met, now = sum_year(fans) >= aim, []
    for world in range(fans.sizes["world"]):
        seen = [
            Actual(market, label, "units", float(fans["units"].sel(market=market).values[world, t]))
            for t, label in enumerate(("2023Q4", "2024Q1"))
            for market in ("AUT", "CHE")
        ]
        now.append(weigh_futures(many, seen) @ (sum_year(many) >= aim))
    before, after = np.mean((met - 0.5) ** 2), np.mean((met - np.array(now)) ** 2)
    assert after < 0.6 * before, (before, after)
    assert abs(np.mean(now) - met.mean()) < 0.1, (np.mean(now), met.mean())


def test_weights_are_those_of_a_normal_by_formula() -> None:
    """Normal logarithms: the mean given a figure moves to it as kernel regression says."""
    rng = np.random.default_rng(4)
    now = rng.normal(0.0, 0.3, 100_000)
    later = 2.0 * now + rng.normal(0.0, 0.1, now.size)
    futures = xr.Dataset(
        {"units": (("world", "quarter", "market"), np.exp(now)[:, None, None])},
        coords={"quarter": ["2024Q1"], "market": ["AUT"]},
    )
    weights = weigh_futures(futures, [Actual("AUT", "2024Q1", "units", float(np.exp(0.3)))])
    width = (4.0 / (3.0 * now.size)) ** 0.2  # of the spread: the kernel's variance is added to it
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ now == pytest.approx(0.3 / (1.0 + width**2), abs=2e-3)
    assert weights @ later == pytest.approx(0.6 / (1.0 + width**2), abs=5e-3)
    # Without figures of its markets and quarters every future weighs the same.
    other = [Actual("DEU", "2024Q1", "units", 1.0), Actual("AUT", "2025Q1", "units", 1.0)]
    np.testing.assert_allclose(weigh_futures(futures, other), 1.0 / now.size)
