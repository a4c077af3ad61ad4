"""Agreement of rankings."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from beachhead.screening.agreement import agree


@given(st.permutations(range(1, 10)), st.permutations(range(1, 10)))
def test_tau_is_kendalls(one, other) -> None:
    one, other = np.array(one), np.array(other)
    found = agree(one, other, 3)
    assert found.tau == pytest.approx(scipy.stats.kendalltau(one, other).statistic)
    assert found.shared == len(set(np.flatnonzero(one <= 3)) & set(np.flatnonzero(other <= 3)))
    assert found.moved == np.abs(one - other).max()


def test_same_and_opposite_order() -> None:
    up = np.arange(1, 6)
    same, opposite = agree(up, up), agree(up, up[::-1])
    assert (same.tau, same.shared, same.first, same.moved, same.mover) == (1.0, 5, 5, 0, -1)
    assert (opposite.tau, opposite.moved, opposite.mover) == (-1.0, 4, 0)
    assert math.isnan(agree(np.array([1]), np.array([1])).tau)
