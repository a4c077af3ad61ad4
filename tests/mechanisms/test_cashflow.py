"""E9: the money of a quarter, line by line."""

from types import SimpleNamespace

import numpy as np
import pytest

from beachhead.mechanisms.cashflow import CashFlow, cash_flow, margin
from beachhead.simulation.pack import Packed, exchange_rates

PRICE, FEE, COST, LANDED = 200.0, 0.1, 120.0, 1.15


@pytest.fixture
def parameters():
    return CashFlow(
        distance=np.float64(0.2), learning=np.float64(0.5), fixed_factor=np.array([1.2]),
        attach=np.float64(4.0), fx_sd=np.float64(0.1), fx_half_life=np.float64(4.0),
    )  # fmt: skip


def flow(parameters, fx=1.0, distance=0.0, familiarity=0.0):
    figures = (1000.0, 5000.0, PRICE, FEE, fx, COST, LANDED, 8e4, 2e4, distance, familiarity)
    return cash_flow(parameters, *(np.array([figure]) for figure in figures), 0.25)


def test_the_lines_of_a_quarter(parameters):
    lines = flow(parameters)
    assert lines.sales == pytest.approx(200_000.0)
    assert lines.channel == pytest.approx(-20_000.0)
    assert lines.goods == pytest.approx(-138_000.0)
    assert lines.attached == pytest.approx(5_000.0)
    assert lines.running == pytest.approx(-24_000.0)
    assert lines.advertising == pytest.approx(-5_000.0)
    by_unit = margin(PRICE, FEE, np.float64(1.0), COST, LANDED)
    assert float(by_unit) == pytest.approx((lines.sales + lines.channel + lines.goods) / 1000.0)


def test_a_devaluation_squeezes_the_margin(parameters):
    lines, before = flow(parameters, fx=0.8), flow(parameters)
    for local in ("sales", "channel", "running", "advertising"):
        assert getattr(lines, local) == pytest.approx(0.8 * getattr(before, local))
    assert lines.goods == before.goods
    squeezed = margin(PRICE, FEE, np.float64(0.8), COST, LANDED)
    assert float(squeezed) == pytest.approx(0.8 * 180.0 - 138.0)


def test_running_costs_rise_with_distance_and_fall_with_familiarity(parameters):
    running = [
        float(flow(parameters, distance=distance, familiarity=known).running[0])
        for distance, known in ((0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0))
    ]
    np.testing.assert_allclose(running, -24_000.0 * np.array([1.0, 1.4, 1.2, 1.0]))


def test_without_attached_income_the_kernel_books_none(lively):
    """Neutral "cashflow.attach"; otherwise by customers: owners within reach, times share."""
    none, one, three = (
        np.asarray(lively.having({"cashflow.attach": money}).run().record.ledger.attached)
        for money in (0.0, 1.0, 3.0)
    )
    assert not none.any()
    np.testing.assert_allclose(three, 3.0 * one, rtol=1e-12)
    sold = np.asarray(lively.run().record.units) > 0.0
    assert (one > 0.0)[sold].all() and not one[~sold].any()


def test_without_a_spread_exchange_rates_stay_as_they_are(lively):
    """Neutral "cashflow.fx_sd"."""
    packed = Packed(
        problem=lively.problem,
        markets=tuple("ABCDEF"),
        regions=("one",) * 6,
        options=(),
        facts=SimpleNamespace(home_money=(True,) + (False,) * 5),
    )
    still = exchange_rates(packed, 2, np.zeros(4), np.full(4, 4.0))
    np.testing.assert_array_equal(still, np.ones((4, 12, 6)))
    moving = exchange_rates(packed, 2, np.full(4, 0.1), np.full(4, 4.0))
    assert (moving[:, :, 0] == 1.0).all() and (moving[:, :, 1:] != 1.0).all()


def test_in_the_kernel_only_a_market_where_the_firm_is_has_money(lively):
    record = lively.run().record
    absent = np.asarray(record.present) == 0.0
    for line in record.ledger[:6]:
        assert not np.asarray(line)[absent].any()
