"""Shares of variance against functions for which algebra gives them."""

from __future__ import annotations

import numpy as np
import pytest

from beachhead.planning.indices import Index, exchanged, first_order

WORLDS = 4096


def ishigami(x):
    """The function of Ishigami and Homma (1990) with a = 7, b = 0.1 on (-pi, pi)."""
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


@pytest.fixture(scope="module")
def inputs():
    chance = np.random.default_rng(5)
    return chance.uniform(-np.pi, np.pi, (2, 3, WORLDS))


@pytest.mark.parametrize("k", range(3))
def test_the_function_of_ishigami_and_homma(inputs, k: int) -> None:
    one, other = inputs
    mixed = one.copy()
    mixed[k] = other[k]
    alone, total = exchanged(ishigami(one), ishigami(other), ishigami(mixed))
    assert alone.share == pytest.approx(FIRST[k], abs=0.06)
    assert total.share == pytest.approx(TOTAL[k], abs=0.06)
    given = first_order(ishigami(one), one[k])
    assert given.share == pytest.approx(FIRST[k], abs=0.04)
    for index, truth in ((alone, FIRST[k]), (total, TOTAL[k])):
        assert index.low - 0.02 <= truth <= index.high + 0.02


def test_shares_of_a_sum_are_those_of_its_variances(inputs) -> None:
    chance = np.random.default_rng(6)
    x = chance.standard_normal((3, WORLDS))
    y = 1.0 * x[0] + 2.0 * x[1]
    shares = [first_order(y, row).share for row in x]
    assert shares == pytest.approx([0.2, 0.8, 0.0], abs=0.03)


def test_what_does_not_vary_explains_nothing() -> None:
    flat = np.full(64, 3.0)
    nothing = Index(0.0, 0.0, 0.0)
    assert first_order(flat, np.arange(64.0)) == nothing
    assert exchanged(flat, flat, flat) == (nothing, nothing)


def test_money_of_another_size_changes_no_share(inputs) -> None:
    one = inputs[0]
    plain, scaled = (first_order(f * ishigami(one) + 7.0, one[1]).share for f in (1.0, 1e6))
    assert plain == pytest.approx(scaled, rel=1e-9)
