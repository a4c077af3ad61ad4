"""Measures: what they change, what they cost, and that each lever pulls the way it says."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.mechanisms.measures import GOOD, LEVERS, Levers, active, paid, pull
from beachhead.simulation.state import NEVER, Measures

MARKET = 3  # entered in quarter 5
FIELDS = [name for name in Levers._fields if name != "teams"]


def with_measure(firm, begin=2, level=0, **fields):
    """A firm that may take one measure, which reaches every market, with the fields given."""
    markets = firm.problem.people.size
    measure = Measures(
        covers=np.ones((1, markets)),
        change=np.zeros((1, len(FIELDS))),
        teams=np.zeros(1),
        lead=np.zeros(1, np.int32),
        lasts=np.full(1, NEVER, np.int32),
        once=np.zeros(1),
        yearly=np.zeros(1),
        size=np.array([[1.0, 2.0]]),
    )._replace(**{name: np.asarray(value)[None] for name, value in fields.items()})
    return replace(
        firm,
        problem=firm.problem._replace(measures=measure),
        enter=np.append(firm.enter, np.int32(begin)).astype(np.int32),
        option=np.append(firm.option, np.int32(level)).astype(np.int32),
    )


def change(field, value):
    return [value if name == field else 0.0 for name in FIELDS]


def test_works_from_its_lead_on_for_as_long_as_it_lasts():
    works = [bool(active(jnp.asarray(t), jnp.asarray([3]), 2, 4)[0]) for t in range(12)]
    assert [t for t, so in enumerate(works) if so] == [5, 6, 7, 8]


def test_two_measures_multiply_factors_and_add_additions():
    moved = np.zeros((2, len(FIELDS)))
    moved[:, FIELDS.index("entry")] = np.log([0.8, 0.5])
    moved[:, FIELDS.index("utility")] = [0.1, 0.3]
    covers = np.array([[1.0, 1.0], [0.0, 1.0]])
    levers = pull(np.array([1.0, 2.0]), np.float64(1.5), covers, moved, np.array([1.0, 2.0]))
    np.testing.assert_allclose(np.exp(levers.entry), [0.8**1.5, 0.8**1.5 * 0.5**3.0])
    np.testing.assert_allclose(levers.utility, [0.15, 0.15 + 0.9])
    # People are hired as many as they are, whatever a measure's other effects come to.
    assert float(levers.teams) == 1.0 + 2.0 * 2.0


def test_money_once_and_by_the_year_while_it_is_kept_up():
    begin, lead, lasts = jnp.asarray([1, NEVER]), jnp.asarray([1, 0]), jnp.asarray([2, NEVER])
    size, once, yearly = jnp.asarray([2.0, 1.0]), jnp.asarray([10.0, 7.0]), jnp.asarray([8.0, 9.0])
    spent = [paid(jnp.asarray(t), begin, lead, lasts, size, once, yearly, 0.25) for t in range(6)]
    assert [float(first) for first, _ in spent] == [0.0, 20.0, 0.0, 0.0, 0.0, 0.0]
    assert [float(kept) for _, kept in spent] == [0.0, 4.0, 4.0, 4.0, 0.0, 0.0]


@pytest.mark.parametrize("case", ["changes nothing", "covers nobody", "never begun"])
def test_neutral(lively, case):
    """Without effect, cost and people the model is the one without measures, to 1e-12."""
    strong = [0.4 * good for good in GOOD]
    firm = {
        "changes nothing": with_measure(lively),
        "covers nobody": with_measure(
            lively, change=strong, covers=np.zeros(lively.problem.people.size)
        ),
        "never begun": with_measure(
            lively, begin=NEVER, change=strong, once=5.0, yearly=5.0, teams=2.0
        ),
    }[case]
    ours, plain = firm.run(), lively.run()
    np.testing.assert_allclose(ours.value, plain.value, rtol=1e-12)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12),
        ours.record.ledger,
        plain.record.ledger,
    )


@pytest.mark.parametrize("field", FIELDS)
def test_each_lever_raises_the_value_in_its_good_direction(lively, field):
    good = GOOD[FIELDS.index(field)]
    # An exit must not hide the effect, nor a loss a unit turn it round.
    firm = lively.facing({"cost": 0.3 * float(lively.problem.price)})
    worth = [
        float(np.asarray(with_measure(firm, change=change(field, pull)).run().value).sum())
        for pull in (-0.1 * good, 0.0, 0.1 * good)
        if field != "reach" or pull * good >= 0.0
    ]
    assert worth == sorted(worth)
    assert worth[-1] > worth[0] * (1.0 + 1e-9)


def test_a_measure_reaches_only_the_markets_that_it_covers(lively):
    covers = np.zeros(lively.problem.people.size)
    covers[MARKET] = 1.0
    firm = with_measure(lively, change=change("running", -0.3), covers=covers)
    ours, plain = firm.run().record.ledger, lively.run().record.ledger
    ratio = np.asarray(ours.running)[6:, MARKET] / np.asarray(plain.running)[6:, MARKET]
    np.testing.assert_allclose(ratio, np.exp(-0.3 * float(firm.parameters.measures.effect)))
    others = np.arange(covers.size) != MARKET
    np.testing.assert_array_equal(
        np.asarray(ours.running)[:, others], np.asarray(plain.running)[:, others]
    )


def test_costs_stand_at_home_and_only_what_is_kept_up_runs_on(lively):
    firm = with_measure(lively, begin=4, level=1, once=100.0, yearly=40.0)
    ours, plain = firm.run(), lively.run()
    ledger = ours.record.ledger
    expected = np.zeros_like(np.asarray(ledger.investing))
    expected[4, 0] = -200.0
    np.testing.assert_allclose(ledger.investing, expected)
    np.testing.assert_allclose(np.asarray(ledger.upkeep)[4:, 0], -20.0)
    assert not np.asarray(ledger.upkeep)[:4].any()
    discount = float(lively.problem.discount)
    spent = 200.0 * discount**4 + 20.0 * sum(discount**t for t in range(4, 12))
    after = float(np.asarray(plain.terminal)[0] - np.asarray(ours.terminal)[0])
    assert float(plain.value[0] - ours.value[0]) == pytest.approx(spent + after)
    assert after == pytest.approx(20.0 * float(ours.annuity[0]) * discount**11)


def test_hired_teams_digest_more_launches(lively):
    hired = with_measure(lively, begin=0, teams=5.0).run().record.tied.crowd
    assert float(np.asarray(hired).sum()) < float(np.asarray(lively.run().record.tied.crowd).sum())


def test_every_lever_of_the_table_is_one_of_the_model():
    assert {lever.field for lever in LEVERS.values()} == set(Levers._fields)
    assert all(lever.good in (-1, 1) and lever.least < lever.most for lever in LEVERS.values())
