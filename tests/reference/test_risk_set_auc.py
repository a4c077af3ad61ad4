"""Metrics of a ranked risk set in their closed forms (AUC = 1 - (rank - 1) / (|R| - 1))."""

import numpy as np
import pytest

from beachhead.evidence.metrics import auc, filtered_ranks, precision_at_wave


@pytest.mark.parametrize(("rank", "size"), [(1, 180), (7, 180), (180, 180), (2, 3)])
def test_auc_of_one_entry_is_its_rank(rank: int, size: int) -> None:
    score = np.random.default_rng(rank).permutation(size).astype(float)
    entered = np.zeros(size, dtype=bool)
    entered[np.argsort(-score)[rank - 1]] = True
    assert auc(score, entered) == pytest.approx(1 - (rank - 1) / (size - 1), abs=1e-12)
    assert filtered_ranks(score, entered) == [rank]
    assert precision_at_wave(score, entered) == (rank == 1)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    generator = np.random.default_rng(1)
    score = generator.integers(0, 8, size=40).astype(float)  # with ties
    entered = generator.random(40) < 0.3
    pairs = [
        (a > b) + 0.5 * (a == b) for a in score[entered] for b in score[~entered]
    ]  # fmt: skip
    assert auc(score, entered) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_filtered_ranks_do_not_count_the_other_entries() -> None:
    score = np.array([9.0, 8.0, 7.0, 6.0, 5.0])
    entered = np.array([True, False, True, True, False])
    assert filtered_ranks(score, entered).tolist() == [1.0, 2.0, 2.0]
    assert precision_at_wave(score, entered) == pytest.approx(2 / 3)


def test_precision_shares_ties_at_the_edge() -> None:
    score = np.array([3.0, 1.0, 1.0, 1.0, 0.0])
    entered = np.array([True, True, False, False, False])
    assert precision_at_wave(score, entered) == pytest.approx((1 + 1 / 3) / 2)
