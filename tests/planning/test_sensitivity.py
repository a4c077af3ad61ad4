"""What a plan hangs on: signs, what is off already, and where the plan turns."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from tiny_firm import CASE

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.mechanisms import table
from beachhead.planning import plan as make_plan
from beachhead.planning.effects import EFFECTS, NO_EFFECT, list_effects
from beachhead.planning.search import EFFORT
from beachhead.planning.sensitivity import Sensitivity, probe
from beachhead.planning.spread import Spread
from beachhead.planning.study import Stage, Study, Turn, compare, first_entries, fix, keep_old
from beachhead.planning.turning import HALVINGS, bisect, most_of, pull_costs, pull_margin
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.state import NEVER

LONGER = CASE.replace("quarters = 8", "quarters = 16")  # long enough to pay


@pytest.mark.parametrize("edge", [1.2, 1.9, 3.3, 7.9, 0.6, 0.9])
def test_the_edge_is_found_to_the_resolution(edge: float) -> None:
    def look_at(factor: float) -> dict[str, bool]:
        return {"gone": factor >= edge if edge > 1 else factor <= edge}

    seen = {factor: look_at(factor) for factor in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)}
    far, near = bisect(seen, "gone", look_at)
    assert far is not None
    assert min(far, near) <= edge <= max(far, near)
    assert abs(np.log(far / near)) == pytest.approx(np.log(2) / 2**HALVINGS)


def test_what_never_happens_has_no_edge() -> None:
    seen = {factor: {"gone": False} for factor in (0.5, 1.0, 2.0)}
    assert bisect(seen, "gone", lambda factor: {"gone": False}) == (None, 1.0)


def test_plans_are_compared_by_their_first_entries() -> None:
    names = tuple("ABCDE")
    old = np.array([-4, 3, 5, 7, NEVER], np.int32)
    new = np.array([-4, 3, NEVER, 6, 2], np.int32)
    assert first_entries(old, 8).tolist() == [1, 2, 3]
    assert compare(old, new, names, 8) == Turn(("E",), ("C",), ("D",))
    assert compare(old, old, names, 8) == Turn((), (), ())


def test_what_brings_nothing_stays_as_it_was() -> None:
    """Each row's date brings what stands in `worth`; that of the second matters little."""
    old = np.array([1, 2, 3, NEVER], np.int32), np.array([0, 0, 0, 0], np.int32)
    new = np.array([5, 6, NEVER, NEVER], np.int32), np.array([0, 0, 0, 1], np.int32)

    def judge(schedules) -> np.ndarray:
        worth = np.array([10.0, 0.5, 0.0, 0.0])
        return np.array([(worth * (enter == new[0])).sum() for enter, _ in schedules])

    def dates(slack: float) -> list[int]:
        return keep_old(old, new, judge, slack, quarters=8)[0].tolist()

    assert dates(0.0) == [5, 6, 3, NEVER]
    assert dates(1.0) == [5, 2, 3, NEVER]
    assert dates(20.0) == [1, 2, 3, NEVER]
    assert keep_old(old, old, judge, 0.0, quarters=8) is old


def test_levers_move_what_they_say(toy) -> None:
    problem = toy(flow=[1.0], cost=[2.0], unit_cost=0.75).setting.problem
    assert np.allclose(pull_costs(problem, 3.0).options.estimate, 3 * problem.options.estimate)
    moved = pull_margin(problem, 2.0)
    assert moved.price - moved.cost == pytest.approx(2 * 0.25)
    assert most_of("margin", problem) == pytest.approx(4.0)
    same = pull_margin(pull_costs(problem, 1.0), 1.0)
    for left, right in zip(jax.tree.leaves(same), jax.tree.leaves(problem), strict=True):
        assert np.array_equal(left, right)


def test_every_effect_names_parameters_with_a_neutral_value() -> None:
    known = table()
    named = [name for _, names in EFFECTS.values() for name in names] + list(NO_EFFECT)
    assert all(known[name].neutral is not None for name in named)
    assert len(set(named)) == len(named)


def test_an_effect_that_is_off_already_is_none() -> None:
    beliefs = Beliefs.from_prior(Case.loads(LONGER))
    on = list_effects(beliefs)
    assert {"haste", "home.dilution", "experience", "distance"} <= set(on)
    assert "cashflow.attach" not in on  # 0 and certain
    off = list_effects(fix(beliefs, on["haste"] | on["home.dilution"]))
    assert set(on) - set(off) == {"haste", "home.dilution"}


def test_ends_are_those_of_the_prior() -> None:
    parameter = table()["category.p"]  # log-normal with log sd 0.4, one value for all markets
    beliefs = Beliefs(table())
    ends = [beliefs.at("category.p", score)[1] for score in (-1.6448536, 0.0, 1.6448536)]
    assert np.log(ends) == pytest.approx(
        np.log(parameter.default) + 0.4 * 1.6448536 * np.arange(-1, 2)
    )


def test_where_markets_differ_ends_are_those_of_what_they_have_in_common() -> None:
    parameter = table()["acceptance.q"]  # log-normal with log sd 0.6, a value in each market
    _, high = Beliefs(table()).at("acceptance.q", 1.6448536)
    assert np.log(high / parameter.default) == pytest.approx(0.6 * 0.3**0.5 * 1.6448536)


@pytest.fixture(scope="module")
def found():
    with jax.enable_x64(False), pytest.MonkeyPatch.context() as patch:
        patch.setitem(EFFORT, "quick", 320)
        case = Case.loads(LONGER)
        panel = load_panel(case.as_of)
        plan = make_plan(case, panel, effort="quick", worlds=32, fresh_worlds=128)
        return plan, probe(case, panel, plan, worlds=32, fresh_worlds=128)


@pytest.mark.slow
def test_the_whole_analysis(found) -> None:
    plan, hangs = found
    assert hangs.status == "complete"
    assert hangs.objective == pytest.approx(plan.objective, rel=1e-4)
    assert hangs.stay_home == pytest.approx(plan.stay_home, rel=1e-4)
    swings = {swing.parameter: swing for swing in hangs.swings}
    # More demand and quicker acceptance bring more, dearer entries and running less.
    for name in ("category.size_factor", "share.quality"):
        assert swings[name].high.objective > swings[name].low.objective
    for name in ("entry.cost_factor", "cashflow.fixed_factor"):
        assert swings[name].high.objective < swings[name].low.objective
    # No components: what happens to them is no matter.
    rate = swings["supply.rate"]
    assert rate.low.objective == rate.high.objective == hangs.centre
    off = {effect.name: effect for effect in hangs.effects}
    assert off["supply.rate"].plan == hangs.objective
    assert off["supply.rate"].loses == 0.0 and off["supply.rate"].turn == Turn((), (), ())
    shares = {share.unknown: share for share in hangs.shares}
    assert shares["supply.rate"].total.share == 0.0
    assert sum(share.alone.share for share in hangs.shares) > 0.3
    assert [stake.iso3 for stake in hangs.stakes] == list(hangs.first)
    for stake in hangs.stakes:
        assert stake.low < stake.worth < stake.high and 0.0 <= stake.fails <= 1.0
    assert {switch.lever for switch in hangs.switches} == {"entry cost", "margin"}
    # The case demands one entry, whatever happens.
    turns = [effect.turn for effect in hangs.effects] + [
        look.turn for look in hangs.looks if look.keeps
    ]
    assert not any("DEU" in turn.dropped for turn in turns)
    assert Sensitivity.from_json(hangs.to_json()) == hangs


@pytest.mark.slow
def test_the_worth_of_an_entry_is_that_of_the_whole_simulation(found) -> None:
    """Only the markets of the plan are simulated, which changes nothing."""
    case = Case.loads(LONGER)
    with jax.enable_x64(False):
        study = Study(case, load_panel(case.as_of), found[0], None, 320, 32, 128, None)
    with jax.enable_x64(True):
        spread = Spread(study)
        whole = spread.fresh.judge(*study.schedule).values
    np.testing.assert_allclose(spread.values, whole, rtol=1e-12)


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_found(found) -> None:
    def interrupt(stage: Stage) -> None:
        if stage.words == "planning again at the ends":
            raise KeyboardInterrupt

    case = Case.loads(LONGER)
    with jax.enable_x64(False):
        part = probe(
            case, load_panel(case.as_of), found[0], worlds=32, fresh_worlds=128, progress=interrupt
        )
    assert part.status == "partial"
    assert part.shares == found[1].shares and part.stakes == found[1].stakes
    assert [s.parameter for s in part.swings] == [s.parameter for s in found[1].swings]
    assert part.effects == () and part.switches == ()
