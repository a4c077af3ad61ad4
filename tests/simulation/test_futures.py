"""What `simulate` says about a real case agrees with the kernel that it calls."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel
from beachhead.simulation import Beliefs, Futures, simulate
from beachhead.simulation.futures import CHUNK
from beachhead.simulation.pack import draw_worlds, pack
from beachhead.simulation.rollout import over_worlds

WORLDS = CHUNK + 5  # the last chunk is a short one


@pytest.fixture(scope="module")
def schedule(case: Case) -> Schedule:
    mode = case.modes.allowed[0]
    return Schedule(
        entries=(
            Entry(iso3="ISR", quarter=4, mode=mode, localisation=0.0),
            Entry(iso3="TUR", quarter=7, mode=mode, localisation=0.0),
        )
    )


@pytest.fixture(scope="module")
def futures(case: Case, panel: Panel, schedule: Schedule) -> Futures:
    beliefs = Beliefs.from_prior(case, panel)
    return simulate(case, panel, beliefs, schedule, worlds=WORLDS, seed=2)


def test_cash_is_capital_and_the_ledger_so_far(case: Case, futures: Futures) -> None:
    booked = futures["ledger"].sum(("line", "market")).cumsum("quarter")
    np.testing.assert_allclose(
        futures["cash"].mean("world"), case.limits.capital + booked, rtol=1e-9
    )


def test_values_are_those_of_the_kernel(
    case: Case, panel: Panel, schedule: Schedule, futures: Futures
) -> None:
    packed = pack(case, panel)
    with jax.enable_x64(True):
        worlds = draw_worlds(packed, Beliefs.from_prior(case, panel), WORLDS, 2, jnp.float64)
        enter, option = packed.encode(schedule)
        outcome = over_worlds(
            packed.cast(jnp.float64), worlds, jnp.asarray(enter), jnp.asarray(option)
        )
        value, change = np.asarray(outcome.value), np.asarray(outcome.record)
    np.testing.assert_allclose(futures["value"].sum("market"), value.sum(axis=1), rtol=1e-9)
    cash = case.limits.capital + change.cumsum(axis=1)
    np.testing.assert_allclose(futures["cash"], cash, rtol=1e-9)


def test_value_is_discounted_cash_and_what_comes_after(case: Case, futures: Futures) -> None:
    before = futures["cash"].shift(quarter=1, fill_value=case.limits.capital)
    factor = (1.0 + case.risk.discount) ** (-0.25 * np.arange(case.quarters))
    booked = ((futures["cash"] - before) * factor).sum("quarter")
    np.testing.assert_allclose(
        futures["value"].sum("market"), booked + futures["terminal"].sum("market"), rtol=1e-9
    )


def test_home_and_abroad_make_the_whole(futures: Futures) -> None:
    sales = futures["ledger"].sel(line="sales")
    np.testing.assert_allclose(
        futures["revenue_home"].mean("world"), sales.sel(market="SVN"), rtol=1e-9
    )
    np.testing.assert_allclose(
        futures["revenue_abroad"].mean("world"),
        sales.drop_sel(market="SVN").sum("market"),
        rtol=1e-9,
    )


def test_labels_say_what_was_asked(case: Case, futures: Futures) -> None:
    assert list(futures["market"].values) == ["SVN", "AUT", "HRV", "ISR", "TUR"]
    assert futures["quarter"].values[0] == case.quarter_label(0)
    assert dict(zip(futures["market"].values, futures["enter"].values, strict=True))["TUR"] == 7
    early = futures["present"].sel(market="TUR").values
    assert not early[:7].any() and early[7] == 1.0


def test_same_seed_same_futures(
    case: Case, panel: Panel, schedule: Schedule, futures: Futures
) -> None:
    again = simulate(case, panel, Beliefs.from_prior(case, panel), schedule, worlds=WORLDS, seed=2)
    assert again.identical(futures)
