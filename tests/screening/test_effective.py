"""What criteria weigh in fact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from beachhead.screening.effective import effective


def test_equal_weights_and_unequal_spreads() -> None:
    # Without correlation the shares are those of the variances: 3^2 and 4^2 of 5^2.
    first, second = np.array([3.0, 3, -3, -3]), np.array([4.0, -4, 4, -4])
    got = effective(0.5 * np.stack([first, second], axis=1))
    np.testing.assert_allclose(got, [9 / 25, 16 / 25])


def test_criterion_that_works_against_the_others_is_below_zero() -> None:
    strong = np.arange(5.0)
    got = effective(np.stack([strong, -0.25 * strong], axis=1))
    np.testing.assert_allclose(got, [4 / 3, -1 / 3])


def test_criterion_without_spread_weighs_nothing() -> None:
    got = effective(np.stack([np.arange(5.0), np.full(5, 0.7)], axis=1))
    np.testing.assert_allclose(got, [1.0, 0.0], atol=1e-15)


@given(arrays(float, (6, 3), elements=st.floats(0, 1)))
def test_shares_sum_to_one_or_are_not_known(contributions) -> None:
    got = effective(contributions)
    assert np.isnan(got).all() or got.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_to_say(rows: int) -> None:
    assert np.isnan(effective(np.ones((rows, 2)))).all()
