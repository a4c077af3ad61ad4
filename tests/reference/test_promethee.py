"""PROMETHEE II: the plants of Brans and Vincke, whose table of preferences was published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from beachhead.screening.promethee import linear, prefer, promethee

# Six sites for a power plant: engineers, power (more is better), cost of construction, cost of
# upkeep, villages to move, safety (more is better).
PLANTS = np.array(
    [
        [80.0, 90, 600, 5.4, 8, 5],
        [65, 58, 200, 9.7, 1, 1],
        [83, 60, 400, 7.2, 4, 7],
        [40, 80, 1000, 7.5, 7, 10],
        [52, 72, 600, 2.0, 3, 8],
        [94, 96, 700, 3.6, 5, 6],
    ]
)
BETTER = np.array([-1.0, 1, -1, -1, -1, 1])
EVEN = np.full(6, 1 / 6)


def level(lead):
    """Type IV with thresholds 1 and 6."""
    return np.where(lead <= 1, 0.0, np.where(lead <= 6, 0.5, 1.0))


def gaussian(lead):
    """Type VI with spread 5."""
    return 1 - np.exp(-(lead**2) / (2 * 5.0**2))


PREFERENCES = [linear(10, 10), linear(0, 30), linear(50, 500), level, linear(), gaussian]


def test_brans_and_vincke_1985_preference_indices() -> None:
    published = np.array(
        [
            [0.000, 0.296, 0.250, 0.268, 0.100, 0.185],
            [0.462, 0.000, 0.389, 0.333, 0.296, 0.500],
            [0.236, 0.180, 0.000, 0.333, 0.056, 0.429],
            [0.399, 0.505, 0.305, 0.000, 0.223, 0.212],
            [0.444, 0.515, 0.487, 0.380, 0.000, 0.448],
            [0.286, 0.399, 0.250, 0.432, 0.133, 0.000],
        ]
    )
    got = prefer(PLANTS, EVEN, BETTER, PREFERENCES)
    np.testing.assert_allclose(got, published, atol=1e-3)  # the third digit there is cut off


def test_brans_and_vincke_1985_order() -> None:
    flows = promethee(PLANTS, EVEN, BETTER, PREFERENCES)
    assert (np.argsort(-flows) + 1).tolist() == [5, 2, 4, 6, 3, 1]
    np.testing.assert_allclose(flows, [-0.146, 0.017, -0.089, -0.020, 0.293, -0.055], atol=1e-3)


@given(arrays(float, (7, 3), elements=st.one_of(st.floats(0, 1), st.just(np.nan))))
def test_flows_sum_to_zero_whatever_is_missing(matrix) -> None:
    flows = promethee(matrix, np.array([0.5, 0.3, 0.2]), np.ones(3), [linear(0.05, 0.3)] * 3)
    assert flows.sum() == pytest.approx(0.0, abs=1e-12)
    assert (np.abs(flows) <= 1 + 1e-12).all()


def test_wide_threshold_gives_the_order_of_the_weighted_sum() -> None:
    # With P(d) = d the flow is n / (n - 1) times the score over its mean.
    matrix = np.random.default_rng(3).random((9, 4))
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    flows = promethee(matrix, weights, np.ones(4), [linear(0, 1)] * 4)
    scores = matrix @ weights
    np.testing.assert_allclose(flows, (scores - scores.mean()) * 9 / 8, rtol=1e-10)


def test_a_further_alternative_moves_the_others() -> None:
    two = promethee(np.array([[0.5], [0.4]]), np.ones(1), np.ones(1), [linear()])
    three = promethee(np.array([[0.5], [0.4], [0.45]]), np.ones(1), np.ones(1), [linear()])
    assert two.tolist() == [1.0, -1.0]
    assert three.tolist() == [1.0, -1.0, 0.0]
    four = promethee(np.array([[0.5], [0.4], [0.6]]), np.ones(1), np.ones(1), [linear()])
    assert four[0] == 0.0


def test_thresholds_have_an_order() -> None:
    with pytest.raises(ValueError, match="not in order"):
        linear(0.3, 0.1)
    assert linear(0, 2)(np.array([0.0, 1.0, 3.0])).tolist() == [0.0, 0.5, 1.0]
    assert linear()(np.array([0.0, 1e-9])).tolist() == [0.0, 1.0]
