"""Figures of an order against closed forms and a count of every pair."""

from itertools import combinations

import numpy as np
import pytest

from beachhead.evidence.order import Span, auc, compare, count_pairs, draw, share_of_first

ENTERED = {"A": Span(0, 0), "B": Span(2, 5), "C": Span(4, 7), "D": Span(8, 8), "E": Span(30, 30)}
MARKETS = tuple("ABCDEFGH")


def hold(place, *, dated=True, windows=(12, 20), judged=MARKETS):
    return compare("x", "", place, ENTERED, judged, MARKETS, windows, dated=dated)


def test_the_true_order_is_wholly_right() -> None:
    order = hold({iso3: float(span.middle) for iso3, span in ENTERED.items()})
    # B and C may have been entered in either order: nine pairs of ten are known.
    assert (order.pairs, order.right, order.tied) == (9, 9, 0)
    assert order.concordance == order.tau == 1.0
    first = order.within[0]
    assert (first.entered, first.judged) == (4, 8)
    assert first.precision == first.auc == first.known == 1.0
    assert (first.chosen, first.right) == (4, 4)


def test_the_reverse_order_is_wholly_wrong() -> None:
    order = hold({iso3: -float(span.middle) for iso3, span in ENTERED.items()}, dated=False)
    assert (order.concordance, order.tau) == (0.0, -1.0)
    assert order.within[0].chosen == 0  # no dates, nothing entered by a date


def test_pairs_are_those_that_are_counted_one_by_one() -> None:
    place = {"A": 3.0, "B": 1.0, "D": 3.0, "E": 2.0, "H": 0.0}
    known = {("A", "B"), ("A", "D"), ("A", "E"), ("B", "D"), ("B", "E"), ("D", "E")}
    right = sum(place[a] < place[b] for a, b in known)
    tied = sum(place[a] == place[b] for a, b in known)
    assert count_pairs(place, ENTERED) == (len(known), right, tied)
    order = hold(place)
    assert order.concordance == pytest.approx(right / (len(known) - tied))
    assert order.tau == pytest.approx((2 * right + tied - len(known)) / len(known))


def test_auc_of_one_entry_is_its_rank() -> None:
    for rank in range(1, 9):
        score, entered = -np.arange(8.0), np.arange(8) == rank - 1
        assert auc(score, entered) == pytest.approx(1 - (rank - 1) / 7)
    assert auc(np.zeros(8), np.arange(8) < 3) == 0.5
    assert auc(np.zeros(3), np.ones(3, bool)) is None
    assert auc(np.zeros(3), np.zeros(3, bool)) is None


def test_auc_is_the_share_of_pairs() -> None:
    generator = np.random.default_rng(3)
    score, entered = generator.integers(0, 4, 12).astype(float), generator.random(12) < 0.4
    won = [
        1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
        for i in np.flatnonzero(entered)
        for j in np.flatnonzero(~entered)
    ]
    assert auc(score, entered) == pytest.approx(np.mean(won))


def test_ties_at_the_edge_count_with_their_chance() -> None:
    score = np.array([3.0, 2.0, 2.0, 2.0, 1.0])
    marked = np.array([True, True, False, False, True])
    # The first is drawn, and one of three that tie.
    assert share_of_first(score, marked, 2) == pytest.approx((1 + 1 / 3) / 2)
    drawn = [marked[[0, *more]].mean() for more in combinations([1, 2, 3], 2)]
    assert share_of_first(score, marked, 3) == pytest.approx(np.mean(drawn))
    assert share_of_first(score, marked, 5) is None
    assert share_of_first(score, marked, 0) is None


def test_markets_without_a_place_stand_at_the_end_together() -> None:
    order = hold({"A": 0.0, "F": 1.0}, windows=(12,))
    one = order.within[0]
    # A, F, then two of the six others, of which three were entered.
    assert one.precision == pytest.approx((1 + 2 * 3 / 6) / 4)
    assert (one.chosen, one.right) == (2, 1)


def test_what_is_not_judged_is_left_out_of_the_score() -> None:
    judged = tuple("ABCDE")
    order = hold({"F": 0.0, "A": 1.0, "E": 2.0}, windows=(12,), judged=judged)
    one = order.within[0]
    assert (one.judged, one.entered, one.chosen, one.right) == (5, 4, 2, 1)
    # Of the first four of all F is not judged, A and E are; then one of five, of which three are.
    assert one.known == pytest.approx((2 + 3 / 5) / 4)


def test_chance_is_even_and_the_same_every_time() -> None:
    found = draw(ENTERED, MARKETS, (12,))
    assert found == draw(ENTERED, MARKETS, (12,))
    assert found.auc[0] is not None and found.tau is not None and found.precision[0] is not None
    assert found.auc[0][1] == pytest.approx(0.5, abs=0.02)
    assert found.precision[0][1] == pytest.approx(4 / 8, abs=0.02)
    assert found.tau[1] == pytest.approx(0.0, abs=0.03)
    assert found.tau[0] < -0.3 and found.tau[2] > 0.3
