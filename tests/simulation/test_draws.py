"""Draws belong to seed, world, market and quarter, whatever else is drawn."""

import jax
import numpy as np
import pytest

from beachhead.cases import Case
from beachhead.data import Panel
from beachhead.quantities import Sure
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import Packed, draw_worlds, exchange_rates, pack
from beachhead.simulation.rollout import Worlds


@pytest.fixture(scope="module")
def packed(case: Case, panel: Panel) -> Packed:
    return pack(case, panel)


@pytest.fixture(scope="module")
def beliefs(case: Case, panel: Panel) -> Beliefs:
    return Beliefs.from_prior(case, panel)


def draw(packed: Packed, beliefs: Beliefs, worlds: int, seed: int = 7) -> Worlds:
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, draw_worlds(packed, beliefs, worlds, seed, np.float64))


def test_same_seed_same_bytes(packed: Packed, beliefs: Beliefs) -> None:
    first, again = draw(packed, beliefs, 4), draw(packed, beliefs, 4)
    for one, other in zip(jax.tree.leaves(first), jax.tree.leaves(again), strict=True):
        assert one.tobytes() == other.tobytes()


def test_another_seed_changes_whatever_is_uncertain(packed: Packed, beliefs: Beliefs) -> None:
    one = beliefs.draw(1, 4, packed.markets, packed.regions)
    other = beliefs.draw(2, 4, packed.markets, packed.regions)
    for name, parameter in beliefs.parameters.items():
        assert np.array_equal(one[name], other[name]) == isinstance(parameter.prior, Sure), name


def test_more_worlds_leave_the_first_ones_alone(packed: Packed, beliefs: Beliefs) -> None:
    few, many = draw(packed, beliefs, 4), draw(packed, beliefs, 9)
    for fewer, more in zip(jax.tree.leaves(few), jax.tree.leaves(many), strict=True):
        np.testing.assert_array_equal(fewer, more[:4])


def test_other_candidates_leave_a_market_alone(
    packed: Packed, beliefs: Beliefs, narrower: Case, panel: Panel
) -> None:
    fewer = pack(narrower, panel)
    where = [packed.markets.index(market) for market in fewer.markets]
    assert len(where) < len(packed.markets)
    wide, narrow = draw(packed, beliefs, 5), draw(fewer, beliefs, 5)
    for many, few in zip(jax.tree.leaves(wide), jax.tree.leaves(narrow), strict=True):
        np.testing.assert_array_equal(many[..., where] if many.ndim > 1 else many, few)


def test_draws_keep_the_bounds(packed: Packed, beliefs: Beliefs) -> None:
    drawn = beliefs.draw(3, 500, packed.markets, packed.regions)
    for name, parameter in beliefs.parameters.items():
        low, high = parameter.bounds
        assert (drawn[name] >= low).all() and (drawn[name] <= high).all(), name
        assert drawn[name].shape == ((500,) if parameter.level == "world" else (500, 8)), name


def test_a_draw_has_a_common_a_regional_and_an_own_part(beliefs: Beliefs) -> None:
    """Correlation .3 between markets of two regions, .5 within one, 1 with itself."""
    drawn = beliefs.draw(1, 20_000, ["A", "B", "C"], ["east", "east", "west"])
    quality = drawn["share.quality"]
    found = np.corrcoef(quality.T)[[0, 0, 1], [1, 2, 2]]
    np.testing.assert_allclose(found, [0.5, 0.3, 0.3], atol=0.03)
    assert quality.std() == pytest.approx(beliefs.parameters["share.quality"].prior.sd, rel=0.02)


def test_rates_of_exchange_have_mean_one(packed: Packed) -> None:
    worlds = 20_000
    fx = exchange_rates(packed, 5, np.full(worlds, 0.09), np.full(worlds, 4.0))
    assert fx.shape == (worlds, 12, len(packed.markets))
    error = fx.std(axis=0) / np.sqrt(worlds)
    assert (np.abs(fx.mean(axis=0) - 1.0) <= 4.5 * error).all()
    # Variance of the log after t quarters: sd^2 dt (1 - k^2t) / (1 - k^2), k = .5^(dt / half-life).
    keep = 0.5 ** (0.25 / 4.0)
    turkey = np.log(fx[:, :, packed.markets.index("TUR")]).std(axis=0)
    after = np.arange(1, 13)
    expected = 0.09 * np.sqrt(0.25 * (1 - keep ** (2 * after)) / (1 - keep**2))
    np.testing.assert_allclose(turkey, expected, rtol=0.03)


def test_home_and_whoever_shares_its_money_have_no_rate_of_exchange(packed: Packed) -> None:
    fx = exchange_rates(packed, 5, np.full(50, 0.3), np.full(50, 2.0))
    for row, market in enumerate(packed.markets):
        # Slovenia's euro is Austria's, Croatia's and Cyprus's in 2024.
        fixed = market in {"SVN", "AUT", "HRV", "CYP"}
        assert (fx[:, :, row] == 1.0).all() == fixed, market
