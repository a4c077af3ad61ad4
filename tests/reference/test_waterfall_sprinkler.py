"""When to enter two like markets one after the other, and when at once.

A market is worth V a head once it is open, whenever that is, and costs I to open; knowing the first
cuts the cost of the second by kap after a year's wait. At once: 2 (V - I). One after the other:
V - I + b (V - I (1 - kap)). They are equal at V / I = (1 - b (1 - kap)) / (1 - b), with b the
discount of the wait: 6.75 at 12 % and kap = .69.
"""

import itertools

import numpy as np
import pytest

COST = 1.0
WAIT = 4  # quarters


def best(plain, worth, saving, yearly):
    """Entry quarters of the two markets, each now, after the wait or never, that bring most.

    The whole category buys in the quarter of entry, everybody accepts the brand, and a quarter
    teaches all there is to learn: the kernel's value of a market is V - C.
    """
    firm = (
        plain.having({"category.p": 1e12, "experience.years": 0.0, "knowledge.phi": 0.999999})
        .having({"knowledge.neighbourhood": saving / 0.999999})
        .facing({"people": [0.0, worth, worth, 0.0], "options.estimate": COST})
        .facing({"discount": (1.0 + yearly) ** -0.25})
    )
    choices = (0, WAIT, None)

    def value(entries):
        quarters = {market: at for market, at in enumerate(entries, 1) if at is not None}
        return float(firm.entering(quarters, dict.fromkeys(quarters, 1)).run().value.sum())

    return max(itertools.combinations_with_replacement(choices, 2), key=value)


SPRINKLER, WATERFALL = (0, 0), (0, WAIT)


@pytest.mark.parametrize(
    ("yearly", "saving", "threshold"),
    [(0.12, 0.69, 6.75), (0.12, 0.30, 3.5), (0.12, 0.90, 8.5), (0.08, 0.69, 9.625)],
)
def test_the_best_order_turns_at_the_threshold(plain, yearly, saving, threshold):
    discount = 1.0 / (1.0 + yearly)
    assert (1.0 - discount * (1.0 - saving)) / (1.0 - discount) == pytest.approx(threshold)
    assert best(plain, 0.999 * threshold, saving, yearly) == WATERFALL
    assert best(plain, 1.001 * threshold, saving, yearly) == SPRINKLER


@pytest.mark.parametrize("worth", [1.01, 2.0, 50.0])
def test_with_nothing_to_learn_all_at_once_is_best(plain, worth):
    assert best(plain, worth, 0.0, 0.12) == SPRINKLER


def test_markets_not_worth_their_cost_are_left_alone(plain):
    assert best(plain, 0.99, 0.0, 0.12) == (None, None)


def test_haste_makes_launches_in_one_year_dearer(plain):
    """Each of two costs gamma / nbar more; with a year between them they do not."""
    firm = (
        plain.having({"category.p": 1e12, "entry.haste": 0.25, "entry.digest": 2.0})
        .facing({"options.estimate": COST, "discount": 1.0})
    )  # fmt: skip
    together = firm.entering({1: 0, 2: 0}, {1: 1, 2: 1}).run()
    apart = firm.entering({1: 0, 2: WAIT}, {1: 1, 2: 1}).run()
    opening = np.asarray(together.record.ledger.opening)
    np.testing.assert_allclose(opening[0, 1:3], -(1.0 + 0.25 / 2.0), atol=1e-12)
    assert np.asarray(apart.record.ledger.opening).sum() == pytest.approx(-2.0, abs=1e-12)
