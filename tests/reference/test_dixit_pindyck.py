"""Dixit and Pindyck (1994, ch. 5): the worth at which to enter, on the model's exchange rates.

A market whose worth moves with the rate of its money is a geometric Brownian motion where no
deviation is undone. At r = delta = 0.04 and sd = 0.2 the root of the fundamental quadratic is
beta = 2: enter at V* = beta / (beta - 1) I = 2 I, and the chance to do so is worth
(V* - I) (V / V*)^beta, a quarter of I where V = I.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from beachhead.simulation.pack import exchange_rates

RATE, SD, WORLDS, YEARS = 0.04, 0.2, 20_000, 120
# Who looks once a quarter sees a worth pass a level late, and acts as one who looks all the time
# at a level this much higher: Broadie, Glasserman and Kou (1997).
LATE = np.exp(0.5826 * SD * np.sqrt(0.25))


@pytest.fixture(scope="module")
def worth():
    """Worth of the market over its cost, axes (world, quarter), 1 today."""
    quarters = 4 * YEARS
    packed = SimpleNamespace(
        problem=SimpleNamespace(teams=np.ones(quarters)),
        markets=("IND",),
        facts=SimpleNamespace(home_money=np.array([False])),
    )
    spread, half_life = np.full(WORLDS, SD), np.full(WORLDS, np.inf)
    return exchange_rates(packed, 1, spread, half_life)[:, :, 0]


def enter_at(worth, hurdle):
    """Mean discounted gain of entering, at a cost of 1, once the worth is seen to pass a hurdle."""
    passed = worth >= hurdle / LATE
    first = passed.argmax(axis=1)
    gain = worth[np.arange(WORLDS), first] - 1.0
    discount = np.exp(-RATE * 0.25 * (first + 1))
    return float((passed.any(axis=1) * discount * gain).mean())


def test_the_best_hurdle_is_twice_the_cost(worth):
    gains = {hurdle: enter_at(worth, hurdle) for hurdle in (1.2, 1.5, 2.0, 2.6, 3.2)}
    assert max(gains, key=gains.__getitem__) == 2.0


@pytest.mark.parametrize("hurdle", [1.5, 2.0, 3.0])
def test_what_a_hurdle_is_worth(worth, hurdle):
    """The closed form, (V* - I) (V / V*)^2 for any V*."""
    assert enter_at(worth, hurdle) == pytest.approx((hurdle - 1.0) / hurdle**2, rel=0.03)


def test_entering_as_soon_as_it_pays_at_all_throws_the_waiting_away(worth):
    """The rule of the textbooks before: enter where worth passes cost."""
    assert enter_at(worth, 1.1) < 0.5 * enter_at(worth, 2.0)
