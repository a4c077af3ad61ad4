"""What holds whatever the figures: conservation, symmetry, units of measurement."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import Instance, invent, to_jax

from beachhead.mechanisms.measures import Levers
from beachhead.simulation.rollout import Outcome, Worlds, everything, over_worlds
from beachhead.simulation.state import NEVER, Ledger, Problem

MARKETS, QUARTERS = 7, 16
kernel = jax.jit(partial(over_worlds, record=everything))
plain = jax.jit(over_worlds)
seeds = st.integers(0, 10_000)
few = settings(max_examples=15, deadline=None, derandomize=True)


def run(problem: Problem, worlds: Worlds, enter: Any, option: Any, call: Any = kernel) -> Outcome:
    with jax.enable_x64(True):
        outcome = call(to_jax(problem), to_jax(worlds), jnp.asarray(enter), jnp.asarray(option))
        return jax.tree.map(np.asarray, outcome)


def run_first(instance: Instance, call: Any = kernel) -> Outcome:
    return run(instance.problem, instance.worlds, instance.enter[0], instance.option[0], call)


def assert_close(ours: Any, theirs: Any, part: float = 1e-12) -> None:
    """Equal to 1e-9, or to `part` of the largest figure where one is a difference."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=part * np.abs(theirs).max())


@few
@given(seeds)
def test_ledger_is_all_the_money_there_is(seed: int) -> None:
    instance = invent(seed)
    outcome = run_first(instance)
    lines = sum(outcome.record.ledger)  # axes (world, quarter, market)
    # The change in cash that the search sees is the sum of the lines that a report shows ...
    assert_close(run_first(instance, plain).record, lines.sum(axis=2))
    # ... and so is the value, discounted, up to the horizon.
    discount = instance.problem.discount ** np.arange(QUARTERS)
    booked = (discount[:, None] * lines).sum(axis=1)
    assert_close(outcome.value, booked + outcome.terminal)


@few
@given(seeds)
def test_nothing_is_booked_where_the_firm_never_goes(seed: int) -> None:
    instance = invent(seed)
    outcome = run_first(instance)
    away = (instance.enter[0][:MARKETS] == NEVER) & (instance.problem.entered == NEVER)
    for name in Ledger._fields:
        assert not getattr(outcome.record.ledger, name)[:, :, away].any(), name
    assert not outcome.value[:, away].any()
    assert not outcome.record.units[:, :, away].any()


@few
@given(seeds, st.permutations(range(MARKETS)))
def test_order_of_markets_does_not_matter(seed: int, order: list[int]) -> None:
    instance = invent(seed)

    rows = [*order, *range(MARKETS, instance.enter.shape[1])]
    shuffled = run(
        _taken(instance.problem, order),
        jax.tree.map(partial(_take, order=order, axis=-1), instance.worlds),
        instance.enter[0][rows],
        instance.option[0][rows],
    )
    expected = run_first(instance)
    assert_close(shuffled.value, expected.value[:, order])
    for ours, theirs in zip(shuffled.record.ledger, expected.record.ledger, strict=True):
        assert_close(ours, theirs[:, :, order])


@few
@given(seeds)
def test_unit_of_money_does_not_matter(seed: int) -> None:
    instance = invent(seed)
    problem, parameters = instance.problem, instance.worlds.parameters
    ways = problem.options
    measures = problem.measures
    change = measures.change.copy()
    change[:, Levers._fields.index("attach")] *= 1000.0
    dear = problem._replace(
        measures=measures._replace(
            once=1000.0 * measures.once, yearly=1000.0 * measures.yearly, change=change
        ),
        **{
            name: 1000.0 * getattr(problem, name)
            for name in ("income", "usual_spend", "price", "cost", "entry_price", "capital")
        },
        options=ways._replace(
            estimate=1000.0 * ways.estimate, fixed=1000.0 * ways.fixed, spend=1000.0 * ways.spend
        ),
    )
    money = replace(parameters.cashflow, attach=1000.0 * parameters.cashflow.attach)
    worlds = instance.worlds._replace(parameters=parameters._replace(cashflow=money))
    scaled = run(dear, worlds, instance.enter[0], instance.option[0])
    expected = run_first(instance)
    assert_close(scaled.record.units, expected.record.units)
    assert_close(scaled.value, 1000.0 * expected.value)


@few
@given(seeds)
def test_two_halves_make_a_whole_where_nothing_ties_them(seed: int) -> None:
    """Markets 5 and 6 as two halves of market 5, against it whole with market 6 left alone."""
    instance = invent(seed)
    twice = [0, 1, 2, 3, 4, 5, 5]
    problem = _taken(instance.problem, twice)
    problem = problem._replace(
        supply=problem.supply._replace(capacity=np.asarray(np.inf)),
        gates=None,  # of two halves each sells half as much
    )
    worlds = _untied(jax.tree.map(partial(_take, order=twice, axis=-1), instance.worlds))
    half = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5])
    ways = problem.options
    halves = problem._replace(
        people=half * problem.people,
        clout=half * problem.clout,
        usual_spend=half * problem.usual_spend,
        options=ways._replace(
            estimate=half[:, None] * ways.estimate,
            fixed=half[:, None] * ways.fixed,
            spend=half[:, None] * ways.spend,
        ),
    )
    row = np.arange(instance.enter.shape[1])
    split = (row >= 5) & (row < MARKETS)
    enter = np.where(split, 5, instance.enter[0]).astype(np.int32)
    option = np.where(row == 6, instance.option[0][5], instance.option[0])
    alone = np.where(row == 6, NEVER, enter).astype(np.int32)
    two = run(halves, worlds, enter, option)
    one = run(problem, worlds, alone, option)
    assert_close(two.value[:, 5] + two.value[:, 6], one.value[:, 5])
    assert_close(two.value[:, :5], one.value[:, :5])
    sold = two.record.units[:, :, 5] + two.record.units[:, :, 6]
    assert_close(sold, one.record.units[:, :, 5])


def _take(leaf: np.ndarray, order: list[int], axis: int) -> np.ndarray:
    """Along the axis market, where it has one."""
    known = leaf.ndim and leaf.shape[axis] == MARKETS
    return np.take(leaf, order, axis=axis) if known else leaf


def _taken(problem: Problem, order: list[int]) -> Problem:
    """The problem with these markets, in this order; few arrays have them along a later axis."""
    problem = jax.tree.map(partial(_take, order=order, axis=0), problem)
    parts = {
        "measures": ("covers",), "gates": ("pilot", "waits"),
        "named": ("weight",), "rules": ("opening", "unit"),
    }  # fmt: skip
    for part, fields in parts.items():
        group = getattr(problem, part)
        taken = {field: _take(getattr(group, field), order, 1) for field in fields}
        problem = problem._replace(**{part: group._replace(**taken)})
    return problem


def _untied(worlds: Worlds) -> Worlds:
    """The worlds with everything that ties markets at its neutral value."""
    parameters = worlds.parameters
    off = np.zeros_like(parameters.knowledge.phi)
    return worlds._replace(
        parameters=parameters._replace(
            acceptance=replace(parameters.acceptance, spillover=off),
            knowledge=replace(
                parameters.knowledge, neighbourhood=off, language=off, income=off, institutions=off
            ),
            entry=replace(parameters.entry, haste=off),
            exit=replace(parameters.exit, haste=off, knowledge=off),
            cashflow=replace(parameters.cashflow, learning=off),
            home=replace(parameters.home, dilution=off),
        )
    )
