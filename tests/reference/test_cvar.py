"""Rockafellar and Uryasev (2000), "Optimization of conditional value-at-risk"."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtri

from beachhead.mechanisms.value import cvar, objective

WORLDS = 12


@pytest.fixture(scope="module", autouse=True)
def ordinary_types(precision):
    with jax.numpy_dtype_promotion("standard"):
        yield


def quantiles(number):
    return (np.arange(number) + 0.5) / number


def maximised(values, tail):
    """max over c of c - E[max(0, c - V)] / tail; the best c is one of the values."""
    return max(c - np.maximum(0.0, c - values).mean() / tail for c in values)


def test_worst_twentieth_of_a_normal():
    values = 3.0 + 2.0 * ndtri(quantiles(1_000_000))
    assert float(cvar(values, 0.05)) == pytest.approx(3.0 - 2.0627 * 2.0, abs=2e-4)


@pytest.mark.parametrize(("tail", "mean"), [(0.1, 0.05), (0.5, 0.25), (1.0, 0.5)])
def test_worst_part_of_a_uniform(tail, mean):
    assert float(cvar(quantiles(1000), tail)) == pytest.approx(mean, abs=1e-12)


def test_a_world_at_the_edge_of_the_tail_counts_in_part():
    values = np.array([7.0, 1.0, 4.0, 2.0, 9.0, 8.0, 5.0, 6.0, 10.0, 3.0])
    # A quarter of ten worlds: the worst two and half of the third.
    assert float(cvar(values, 0.25)) == pytest.approx((1.0 + 2.0 + 0.5 * 3.0) / 2.5, abs=1e-12)
    # Less than a world: the worst.
    assert float(cvar(values, 0.04)) == pytest.approx(1.0, abs=1e-12)


some_values = arrays(float, WORLDS, elements=st.floats(-1e3, 1e3))


@settings(deadline=None, derandomize=True)
@given(values=some_values, tail=st.floats(0.01, 1.0))
def test_sorted_mean_is_the_maximum_of_rockafellar_and_uryasev(values, tail):
    assert float(cvar(values, tail)) == pytest.approx(maximised(values, tail), abs=1e-8)


@settings(deadline=None, derandomize=True)
@given(values=some_values, tail=st.floats(0.01, 1.0))
def test_the_tail_is_never_better_than_the_mean_nor_worse_than_the_worst(values, tail):
    assert values.min() - 1e-9 <= float(cvar(values, tail)) <= values.mean() + 1e-9


@settings(deadline=None, derandomize=True)
@given(values=some_values, shift=st.floats(-1e3, 1e3), scale=st.floats(0.0, 100.0))
def test_money_moves_and_scales_the_tail(values, shift, scale):
    moved = float(cvar(shift + scale * values, 0.3))
    assert moved == pytest.approx(shift + scale * float(cvar(values, 0.3)), abs=1e-7)


def test_the_objective_mixes_mean_and_tail():
    values = quantiles(100)
    assert float(objective(values, 0.0, 0.1)) == pytest.approx(values.mean(), abs=1e-12)
    assert float(objective(values, 1.0, 0.1)) == pytest.approx(float(cvar(values, 0.1)), abs=1e-12)
    assert float(objective(values, 0.3, 0.1)) == pytest.approx(0.7 * 0.5 + 0.3 * 0.05, abs=1e-12)
