"""Rivals by name: at rest they change nothing; as they rise, share and acceptance give way."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.mechanisms.acceptance import acceptance, ceiling
from beachhead.mechanisms.home import standing
from beachhead.mechanisms.share import rivalry
from beachhead.simulation.pack import Packed, rise
from beachhead.simulation.state import Named

QUARTERS, MARKETS = 12, 6
MARKET = 3  # entered in quarter 5


def named(firm, markets=(), enters=0, strength=1.0):
    """Two rivals that hold home today, .6 and .3 of its units, and one that enters `markets`."""
    weight = np.zeros((3, MARKETS))
    weight[:2, 0] = firm.problem.rivals[0] * np.array([2 / 3, 1 / 3])
    weight[2, list(markets)] = strength
    return Named(
        weight=weight, today=np.array([1.0, 1.0, 0.0]),
        enters=np.array([0, 0, enters], np.int32), growth=np.zeros(3), spread=np.zeros(3),
        usual=np.asarray(0.9 / firm.problem.rivals[0]),
    )  # fmt: skip


def facing(firm, growth=(0.0, 0.0, 0.0), **entry):
    rivals = named(firm, **entry)._replace(growth=np.array(growth))
    packed = Packed(
        problem=SimpleNamespace(named=rivals, teams=np.zeros(QUARTERS)),
        markets=(), regions=(), options=(), facts=None, rivals=("A", "B", "C"),
    )  # fmt: skip
    lift = rise(packed, 1, 1)[0]
    problem = firm.problem._replace(named=rivals)
    return replace(firm, problem=problem, shocks=firm.shocks._replace(lift=lift))


def differ(ours, plain):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12),
        (ours.value, ours.record.ledger, ours.record.accepted),
        (plain.value, plain.record.ledger, plain.record.accepted),
    )


def test_neutral(lively):
    """Rivals that neither grow nor enter: the model without names, to 1e-12."""
    differ(facing(lively).run(), lively.run())
    at_rest = replace(lively, problem=lively.problem._replace(named=named(lively)))
    differ(at_rest.run(), lively.run())


def test_with_no_give_acceptance_is_as_without_rivals(lively):
    """Neutral "acceptance.rivals": only the share gives way."""
    firm = facing(lively.having({"acceptance.rivals": 0.0}), (1.0, 0.5, 0.0), markets=[MARKET])
    ours, plain = firm.run().record, lively.run().record
    np.testing.assert_allclose(ours.accepted, plain.accepted, rtol=1e-12)
    assert (np.asarray(ours.share)[8:, MARKET] < np.asarray(plain.share)[8:, MARKET]).all()


def test_a_rival_that_enters_counts_from_then_on_where_it_enters(lively):
    firm = facing(lively, markets=[MARKET], enters=7, strength=2.0)
    ours, plain = np.asarray(firm.run().record.share), np.asarray(lively.run().record.share)
    np.testing.assert_allclose(ours[:7], plain[:7], rtol=1e-12)
    assert (ours[7:, MARKET] < plain[7:, MARKET]).all()
    elsewhere = np.arange(MARKETS) != MARKET
    np.testing.assert_allclose(ours[:8, elsewhere], plain[:8, elsewhere], rtol=1e-12)


def test_who_enters_before_the_firm_came_first(lively):
    """Of two rivals of the same strength the one that came before the firm hurts it more."""
    still = lively.having({"acceptance.rivals": 0.0})
    before, after = (
        np.asarray(facing(still, markets=[MARKET], enters=quarter).run().record.share)[-1, MARKET]
        for quarter in (4, 5)
    )
    assert before < after
    handicap = still.parameters.share.order * np.log1p(1.0 / (1.0 + lively.problem.rivals[MARKET]))
    odds = [share / (1.0 - share) for share in (before, after)]
    assert odds[0] / odds[1] == pytest.approx(np.exp(handicap), rel=1e-9)


@pytest.mark.parametrize("growth", [0.3, -0.3])
def test_home_wins_where_rivals_shrink_and_loses_where_they_grow(lively, growth):
    firm = facing(lively, (growth, growth, 0.0))
    ours, plain = np.asarray(firm.run().record.share), np.asarray(lively.run().record.share)
    assert (np.sign(plain - ours)[1:, 0] == np.sign(growth)).all()
    # All of them growing alike are a home market in which rivals as a whole grow.
    grown = lively.parameters.share.rivals_growth + growth * (np.arange(MARKETS) == 0)
    whole = lively.having({"share.rivals_growth": grown, "acceptance.rivals": 0.0}).run()
    same = facing(lively.having({"acceptance.rivals": 0.0}), (growth, growth, 0.0)).run()
    np.testing.assert_allclose(same.record.share, whole.record.share, rtol=1e-11)


def test_todays_shares_come_out_and_what_the_firm_wins_the_others_lose():
    strength, fringe = np.array([0.4, 0.2]), np.float64(0.1)
    np.testing.assert_allclose(standing(np.float64(0.3), strength, fringe), [0.4, 0.2])
    won = standing(np.float64(0.6), strength, fringe)
    np.testing.assert_allclose(won, [0.4 * 4 / 7, 0.2 * 4 / 7])
    np.testing.assert_allclose(
        rivalry(np.ones(2), np.array([0.5]), np.array([[1.0, 0.0]])), [1.5, 1]
    )


def test_the_ceiling_is_the_part_of_one_brand_among_more(lively):
    half = lively.having({"acceptance.rivals": 0.5}).parameters.acceptance
    first, now = np.array([3.0, 3.0, 0.0]), np.array([8.0, 1.0, 1.0])
    np.testing.assert_allclose(ceiling(half, first, now), [(4 / 9) ** 0.5, 1.0, 0.5**0.5])


def test_acceptance_above_the_ceiling_goes_as_it_came_and_stops_there(lively):
    brand = lively.having({"acceptance.rivals": 0.5}).parameters.acceptance
    q, none, top = np.full(6, 1.2), np.zeros(6), np.full(6, 0.6)
    accepted = np.full(6, 0.9)
    for quarter in range(1, 41):
        accepted = np.asarray(acceptance(brand, accepted, none + 0.03, q, none, 0.25, top))
        np.testing.assert_allclose(accepted, 0.6 + 0.3 * np.exp(-0.3 * quarter), rtol=1e-12)


bits = st.floats(0.0, 1.0)


@settings(deadline=None, max_examples=60)
@given(a=bits, more=bits, p=bits, faster=bits, top=st.floats(0.05, 1.0))
def test_more_today_is_never_less_tomorrow(lively, a, more, p, faster, top):
    """What the bound needs: the map grows with acceptance and its pace under any ceiling."""
    brand, one = lively.parameters.acceptance, np.ones(6)
    low, high = sorted((a, more))

    def after(accepted, pace):
        return np.asarray(
            acceptance(brand, accepted * one, pace * one, 1.3 * one, 0.0 * one, 0.25, top * one)
        )

    base = after(low, p)
    assert (after(high, p) >= base - 1e-12).all() and (after(low, p + faster) >= base - 1e-12).all()
    assert (base <= max(top, low) + 1e-12).all() and (base >= min(top, low) - 1e-12).all()


def test_luck_goes_by_name(lively):
    """Who else is named, and in what order, moves nobody's draws."""

    def drawn(names):
        rivals = named(lively)._replace(spread=np.full(3, 0.2))
        packed = Packed(
            problem=SimpleNamespace(named=rivals, teams=np.zeros(QUARTERS)),
            markets=(), regions=(), options=(), facts=None, rivals=names,
        )  # fmt: skip
        return rise(packed, 7, 50)

    one, other = drawn(("A", "B", "C")), drawn(("B", "A", "D"))
    np.testing.assert_array_equal(one[:, :, 0], other[:, :, 1])
    np.testing.assert_array_equal(one[:, :, 1], other[:, :, 0])
    assert not np.array_equal(one[:, :, 2], other[:, :, 2])
    assert jnp.asarray(one).shape == (50, QUARTERS, 3)
