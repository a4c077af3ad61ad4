"""SMAA: acceptabilities that can be had by hand."""

import numpy as np
import pytest

from beachhead.screening.smaa import smaa


def test_three_alternatives_by_hand() -> None:
    # With weights (w, 1 - w) the scores are w, 1 - w and .6: the third leads for .4 < w < .6.
    found = smaa(np.array([[1.0, 0], [0, 1], [0.6, 0.6]]), draws=40_000, seed=5)
    np.testing.assert_allclose(found.shares[:, 0], [0.4, 0.4, 0.2], atol=0.01)
    np.testing.assert_allclose(found.shares[2], [0.2, 0.8, 0.0], atol=0.01)
    np.testing.assert_allclose(found.shares.sum(axis=0), 1.0)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.within(2), [0.5, 0.5, 1.0], atol=0.01)


def test_weights_are_even_on_the_simplex() -> None:
    # The best of three unit vectors leads a third of the time; a weight is above 1/2 a quarter.
    found = smaa(np.vstack([np.eye(3), [[0.5, 0.5, 0.5]]]), draws=40_000)
    np.testing.assert_allclose(found.shares[:3, 0], 0.25, atol=0.01)


def test_dominated_alternative_never_leads_and_intervals_hold_nine_of_ten() -> None:
    worths = np.random.default_rng(1).random((12, 4))
    worths[3] = worths[7] - 0.01
    found = smaa(worths)
    assert found.shares[3, 0] == 0.0
    for row in range(12):
        inside = found.shares[row, found.low[row] - 1 : found.high[row]].sum()
        assert inside >= 0.9


def test_missing_figure_leaves_the_weights_of_the_rest() -> None:
    found = smaa(np.array([[0.5, np.nan], [0.4, 0.4]]))
    assert found.shares[0, 0] == 1.0
    held = smaa(np.array([[0.5, 0.5], [0.4, 0.4]]), np.array([np.nan, 0.9]))
    assert held.shares[1, 0] == 1.0
    with pytest.raises(ValueError, match=r"nothing is known of alternatives \[1\]"):
        smaa(np.array([[0.5], [np.nan]]))


def test_same_seed_same_draws() -> None:
    worths = np.random.default_rng(2).random((6, 3))
    assert (smaa(worths, seed=3).shares == smaa(worths, seed=3).shares).all()
    assert (smaa(worths, seed=3).shares != smaa(worths, seed=4).shares).any()
