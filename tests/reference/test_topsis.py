"""TOPSIS: published examples with their data, and the turn of order that fixed ideals prevent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beachhead.screening.topsis import topsis

shares = st.floats(0, 1)


def test_tzeng_and_huang_2011() -> None:
    matrix = np.array([[5.0, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]])
    got = topsis(matrix, np.array([0.3, 0.4, 0.3]), np.ones(3))
    np.testing.assert_allclose(got, [0.5037, 0.6581, 0.7482, 0.3340], atol=1e-4)


def test_hwang_and_yoon_1981_fighter_aircraft() -> None:
    # Speed, range, payload, cost (less is better), reliability, manoeuvrability.
    matrix = np.array(
        [
            [2.0, 1500, 20000, 5.5, 5, 9],
            [2.5, 2700, 18000, 6.5, 3, 5],
            [1.8, 2000, 21000, 4.5, 7, 7],
            [2.2, 1800, 20000, 5.0, 5, 5],
        ]
    )
    weights = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3])
    got = topsis(matrix, weights, np.array([1, 1, 1, -1, 1, 1]))
    np.testing.assert_allclose(got, [0.643, 0.268, 0.613, 0.312], atol=1e-3)


def test_a_third_alternative_turns_the_published_method_around_but_not_fixed_ideals() -> None:
    two, three = np.array([[4.0, 3], [9, 1]]), np.array([[4.0, 3], [9, 1], [7, 7]])
    even, more = np.array([0.5, 0.5]), np.ones(2)
    np.testing.assert_allclose(topsis(two, even, more), [0.555, 0.445], atol=5e-4)
    np.testing.assert_allclose(topsis(three, even, more)[:2], [0.281, 0.346], atol=5e-4)
    ideals = np.array([10.0, 10.0]), np.array([0.0, 0.0])
    fixed = topsis(two, even, more, ideals)
    np.testing.assert_array_equal(topsis(three, even, more, ideals)[:2], fixed)


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=8))
def test_closeness_lies_between_the_ideals(rows) -> None:
    matrix, one = np.array(rows), np.ones(3)
    got = topsis(matrix, np.array([0.5, 0.3, 0.2]), one, (one, 0 * one))
    assert ((got >= 0) & (got <= 1)).all()
    ends = topsis(np.array([[1.0] * 3, [0.0] * 3]), one / 3, one, (one, 0 * one))
    assert ends.tolist() == [1.0, 0.0]


def test_missing_figures_are_left_out_of_both_distances() -> None:
    one = np.ones(2)
    matrix = np.array([[0.25, np.nan], [np.nan, np.nan]])
    got = topsis(matrix, np.array([0.7, 0.3]), one, (one, 0 * one))
    assert got[0] == pytest.approx(0.25)
    assert np.isnan(got[1])
