"""E7 against published figures and algebra: how often sources fail, and what several are worth."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.mechanisms import table
from beachhead.mechanisms.supply import available, fill, learned
from beachhead.simulation.pack import Packed, disruptions
from beachhead.simulation.state import Supply

WORLDS, QUARTERS = 20_000, 40


def make_supply(shares, **fields):
    """One component from the sources given, without spare output or a limit on capacity."""
    plain = {
        "shares": np.array([shares]), "of": np.ones((1, 1)), "measure": np.array([-1], np.int32),
        "premium": np.zeros(1), "progress": np.ones(1), "mature": np.ones(1),
        "spare": np.zeros(1), "needed": np.ones(1), "weight": np.array([0.4]),
        "risk": np.ones(len(shares)), "capacity": np.asarray(np.inf),
    }  # fmt: skip
    return Supply(**plain | fields)


def draw(supply, rate, years):
    packed = Packed(
        problem=SimpleNamespace(supply=supply, teams=np.zeros(QUARTERS)),
        markets=(), regions=(), options=(), facts=None,
        sources=tuple(("part", f"S{k}") for k in range(supply.risk.size)),
    )  # fmt: skip
    return disruptions(packed, 5, np.full(WORLDS, rate), np.full(WORLDS, years))


def test_mckinsey_2020_a_disruption_every_3_7_years_is_6_534_percent_a_quarter():
    down = draw(make_supply([1.0]), 1 / 3.7, 0.02)
    begins = (down[:, :, 0] > 0) & (np.pad(down, ((0, 0), (1, 0), (0, 0)))[:, :-1, 0] == 0)
    free = np.pad(down, ((0, 0), (1, 0), (0, 0)))[:, :-1, 0] == 0
    exact = 1 - np.exp(-0.25 / 3.7)
    assert exact == pytest.approx(0.06534, abs=5e-6)
    assert begins.sum() / free.sum() == pytest.approx(exact, rel=0.02)


def test_a_long_disruption_goes_on_over_quarters():
    """Time down over time: mean length over mean length plus the mean time until the next one."""
    rate, years = 0.5, 1.0
    down = draw(make_supply([1.0]), rate, years)[:, 20:, 0]
    # A source that comes back within a quarter stays up to its end: a quarter's step of error.
    assert down.mean() == pytest.approx(years / (years + 1 / rate), abs=0.03)
    runs = draw(make_supply([1.0]), rate, years)[:, :, 0]
    assert (runs[:, 1:][runs[:, :-1] == 1.0] > 0).mean() > 0.7


@pytest.mark.parametrize("shares", [[1.0], [0.5, 0.5], [0.7, 0.2, 0.1], [0.25] * 4])
def test_more_sources_leave_the_mean_loss_and_cut_its_variance_by_the_herfindahl(shares):
    supply = make_supply(shares)
    down = draw(supply, 1.0, 0.2)[:, 10]
    loss = 1.0 - np.array(available(supply.shares, down[0], supply.spare))
    loss = 1.0 - (1.0 - down) @ supply.shares[0]
    one = down[:, 0]
    assert loss.mean() == pytest.approx(one.mean(), rel=0.04)
    herfindahl = (np.array(shares) ** 2).sum()
    assert loss.var() == pytest.approx(herfindahl * one.var(), rel=0.08)
    kernel = available(supply.shares, jnp.asarray(down[7]), supply.spare)
    assert 1.0 - float(kernel[0]) == pytest.approx(loss[7], abs=1e-6)


def test_with_every_source_down_the_output_that_needs_the_part_stands_still():
    shares, spare = np.array([[0.6, 0.4], [1.0, 0.0]]), np.array([0.5, 0.0])
    needed, plenty = np.array([0.8, 0.3]), np.float64(np.inf)
    for down, expected in (
        ([0.0, 0.0], 1.0),
        ([1.0, 1.0], 0.2),  # the worse of the two parts counts, not their sum
        ([0.0, 1.0], 1.0 - 0.8 * (1.0 - 1.5 * 0.6)),  # the other source adds half as much again
        ([1.0, 0.0], 1.0 - 0.8 * (1.0 - 1.5 * 0.4)),
    ):
        there = available(shares, np.array(down), spare)
        assert float(fill(there, needed, plenty, np.float64(9.0))) == pytest.approx(expected)


def test_capacity_is_a_ceiling_of_its_own():
    whole = np.ones(1)
    assert float(fill(whole, whole, np.float64(50.0), np.float64(200.0))) == pytest.approx(0.25)
    assert float(fill(whole, whole, np.float64(50.0), np.float64(40.0))) == 1.0
    assert float(fill(np.zeros(0), np.zeros(0), np.float64(np.inf), np.float64(1.0))) == 1.0


def test_wright_1936_twice_the_experience_costs_the_progress_ratio():
    quarters = np.array([1.0, 2.0, 4.0, 8.0])
    cost = learned(np.float64(0.3), np.float64(0.8), np.float64(0.0), quarters)
    np.testing.assert_allclose(cost, 1.3 * 0.8 ** np.arange(4))
    assert float(learned(np.float64(0.3), np.float64(0.8), np.float64(0.9), 1e3)) == 0.9


@pytest.mark.parametrize("name", ["supply.rate", "supply.years"])
def test_sources_never_fail_at_the_neutral_value(name):
    calm = {"rate": 2.0, "years": 0.5} | {name.partition(".")[2]: table()[name].neutral}
    assert not draw(make_supply([0.5, 0.5]), **calm).any()


def test_neutral(lively):
    """Sources that never fail and any amount of capacity: the model without supply, to 1e-12."""
    markets = lively.problem.people.size
    calm = replace(
        lively,
        problem=lively.problem._replace(supply=make_supply([0.5, 0.5])),
        shocks=lively.shocks._replace(down=np.zeros((12, 2))),
    )
    ours, plain = calm.run(), lively.run()
    np.testing.assert_allclose(ours.value, plain.value, rtol=1e-12)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12),
        ours.record.ledger, plain.record.ledger,
    )  # fmt: skip
    assert markets == np.asarray(ours.value).size


def test_what_cannot_be_delivered_is_missing_in_every_market_alike(lively):
    down = np.zeros((12, 1))
    down[4:8] = 0.5
    short = replace(
        lively,
        problem=lively.problem._replace(supply=make_supply([1.0], needed=np.array([0.6]))),
        shocks=lively.shocks._replace(down=down),
    )
    ours, plain = np.asarray(short.run().record.units), np.asarray(lively.run().record.units)
    np.testing.assert_allclose(ours[4:8], 0.7 * plain[4:8])
    np.testing.assert_array_equal(ours[:4], plain[:4])


def test_capacity_rations_all_markets(lively):
    wanted = np.asarray(lively.run().record.units).sum(axis=1)
    most = float(np.median(wanted))
    tight = replace(
        lively,
        problem=lively.problem._replace(
            supply=make_supply([1.0], capacity=np.asarray(most)),
        ),
        shocks=lively.shocks._replace(down=np.zeros((12, 1))),
    )
    sold = np.asarray(tight.run().record.units).sum(axis=1)
    np.testing.assert_allclose(sold, np.minimum(wanted, most), rtol=1e-12)
