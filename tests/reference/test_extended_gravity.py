"""Morales, Sheu and Zahler (2019), "Extended gravity": what earlier markets save on the next.

One earlier market alike in geography, language and income cuts the entry cost by 69 to 90 %,
geography alone by 25 to 38 %, language alone by 29 to 36 %.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from beachhead.mechanisms.knowledge import KINDS, Knowledge, Likeness, knowledge

FULL = {"neighbourhood": 0.315, "language": 0.325, "income": 0.155, "institutions": 0.0}
PHI = 0.95  # the default
GEOGRAPHY, LANGUAGE = (0.62, 0.75), (0.64, 0.71)
ALL_THREE = (0.10, 0.31)


def parameters(phi=PHI):
    return Knowledge(phi=np.float64(phi), **{kind: np.float64(FULL[kind]) for kind in KINDS})


def alike_in(*kinds, markets=2):
    """Markets that share one group of each of `kinds`, and nothing else."""
    shared = np.array([[float(kind in kinds) for kind in KINDS]] * markets)
    return Likeness(shared, shared, np.arange(len(KINDS), dtype=np.int32))


def test_the_defaults_are_the_published_cuts_weighed_by_the_doubt_about_them(table):
    assert table["knowledge.phi"].default == PHI
    assert table["knowledge.neighbourhood"].default == FULL["neighbourhood"]
    for kind in ("language", "income"):
        belief = table[f"knowledge.{kind}"]
        assert belief.default == pytest.approx((1.0 - belief.prior.zero) * FULL[kind], abs=1e-12)


@pytest.mark.parametrize(
    ("kinds", "between"),
    [
        (("neighbourhood", "language", "income"), ALL_THREE),
        (("neighbourhood",), GEOGRAPHY),
        (("language",), LANGUAGE),
        ((), (1.0, 1.0)),
    ],
)
def test_one_mature_market_cuts_the_entry_cost_as_published(plain, kinds, between):
    saving, _ = knowledge(parameters(), np.array([1.0, 0.0]), alike_in(*kinds))
    assert between[0] <= 1.0 - float(saving[1]) <= between[1]
    # The same in the kernel: market 1 is served for a century, market 2 is opened for 1.
    firm = plain.having({f"knowledge.{kind}": cut for kind, cut in FULL.items()})
    firm = firm.having({"knowledge.phi": PHI}).facing(
        {
            "entered": [-400, -400, 1000, 1000],
            "likeness.teaches": alike_in(*kinds, markets=4).teaches,
            "likeness.learns": alike_in(*kinds, markets=4).teaches,
            "options.estimate": 1.0,
        }
    )
    opening = np.asarray(firm.entering({2: 3}, {}).run().record.ledger.opening)[:, 2]
    assert -opening[3] == pytest.approx(1.0 - float(saving[1]), abs=1e-12)
    assert opening.sum() == opening[3]


def test_the_cuts_are_additive():
    one_by_one = sum(
        float(knowledge(parameters(), np.array([1.0, 0.0]), alike_in(kind))[0][1]) for kind in KINDS
    )
    together = float(knowledge(parameters(), np.array([1.0, 0.0]), alike_in(*KINDS))[0][1])
    assert together == pytest.approx(one_by_one, abs=1e-12)


def test_two_markets_that_teach_three_tenths_each_teach_half():
    learned = np.array([1.0, 1.0, 0.0])
    saving, _ = knowledge(parameters(phi=0.3), learned, alike_in("neighbourhood", markets=3))
    assert float(saving[2]) / FULL["neighbourhood"] == pytest.approx(0.51, abs=1e-12)


def test_a_market_teaches_itself_nothing():
    saving, familiarity = knowledge(parameters(), np.array([1.0, 0.0]), alike_in(*KINDS))
    assert float(saving[0]) == pytest.approx(0.0, abs=1e-12)
    assert float(familiarity[0]) == pytest.approx(0.0, abs=1e-12)


def test_one_of_two_languages_is_half_of_what_there_is_to_know():
    teaches = np.array([[1.0, 0.0], [1.0, 1.0]])
    language = np.full(2, KINDS.index("language"), dtype=np.int32)
    likeness = Likeness(teaches, teaches / teaches.sum(axis=1, keepdims=True), language)
    saving, _ = knowledge(parameters(), np.array([1.0, 0.0]), likeness)
    assert float(saving[1]) == pytest.approx(0.5 * PHI * FULL["language"], abs=1e-12)
    saving, _ = knowledge(parameters(), np.array([0.0, 1.0]), likeness)
    assert float(saving[0]) == pytest.approx(PHI * FULL["language"], abs=1e-12)


MARKETS, GROUPS = 6, 8
memberships = arrays(bool, (MARKETS, GROUPS))
sets = arrays(bool, MARKETS)


@settings(deadline=None, derandomize=True)
@given(teaches=memberships, known=sets, more=sets, newcomer=st.integers(0, MARKETS - 1))
def test_knowledge_grows_and_each_market_adds_less(teaches, known, more, newcomer):
    kind = np.arange(GROUPS, dtype=np.int32) % len(KINDS)
    per_kind = np.stack([teaches[:, kind == k].sum(axis=1) for k in range(len(KINDS))], axis=1)
    likeness = Likeness(teaches.astype(float), teaches / np.maximum(per_kind[:, kind], 1.0), kind)

    def saving(markets):
        return np.asarray(knowledge(parameters(0.5), markets.astype(float), likeness)[0])

    alone = np.arange(MARKETS) == newcomer
    small, large = known & ~alone, (known | more) & ~alone
    gain_early = saving(small | alone) - saving(small)
    gain_late = saving(large | alone) - saving(large)
    # A market may not teach itself: the claim is about the others.
    assert (gain_early >= -1e-12)[~alone].all()
    assert (gain_late <= gain_early + 1e-12)[~alone].all()
    assert (saving(large) < sum(FULL.values())).all()


def test_the_value_of_a_set_of_markets_is_not_submodular(plain):
    """Two like markets are each not worth opening alone, and are together.

    Each brings 1 and costs 1.2; the first to be known cuts the other's cost by 31.5 % x .95. The
    second market's gain is the larger after the first: entries are complements. No guarantee of
    greedy search (1 - 1/e) holds.
    """
    firm = (
        plain.having({"category.p": 1e12, "experience.years": 0.0, "knowledge.phi": PHI})
        .having({"knowledge.neighbourhood": FULL["neighbourhood"]})
        .facing({"options.estimate": 1.2, "discount": 1.0})
    )

    def worth(markets):
        quarters = {market: 2 * number for number, market in enumerate(markets)}
        return float(firm.entering(quarters, dict.fromkeys(markets, 1)).run().value.sum())

    assert worth(()) == pytest.approx(0.0, abs=1e-12)
    assert worth((1,)) == pytest.approx(-0.2, abs=1e-12)
    assert worth((2,)) == pytest.approx(-0.2, abs=1e-12)
    cut = PHI * FULL["neighbourhood"]
    assert worth((1, 2)) == pytest.approx(-0.2 + 1.0 - 1.2 * (1.0 - cut), abs=1e-12)
    assert worth((1, 2)) - worth((1,)) > worth((2,)) - worth(()) + 0.1
    assert worth((1, 2, 3)) > 0.0
