"""E4 in the kernel: who teaches whom, and when; its size is in tests/reference."""

import numpy as np
import pytest

MARKETS = 6


@pytest.fixture(scope="module")
def neighbours(lively):
    """The candidates in one neighbourhood and otherwise unlike; the rest like nobody."""
    groups = np.zeros_like(lively.problem.likeness.teaches)
    groups[3:, 0] = 1.0
    return lively.facing(
        {"likeness.teaches": groups, "likeness.learns": groups, "likeness.kind": 0}
    )


def test_home_teaches_nothing(neighbours):
    assert not np.asarray(neighbours.entering({}, {}).run().record.tied.saving).any()


def test_a_market_teaches_the_others_from_the_quarter_after_its_entry(neighbours):
    saving = np.asarray(neighbours.entering({3: 4}, {}).run().record.tied.saving)
    values = neighbours.parameters
    assert not saving[:5].any()
    # Nor does it teach those unlike it, or itself.
    np.testing.assert_allclose(saving[:, :4], 0.0, atol=1e-12)
    known = 1.0 - np.exp(-0.25 * np.arange(1, 8) / values.experience.years)
    cut = 1.0 - (1.0 - values.knowledge.phi) ** known
    expected = values.knowledge.neighbourhood * cut
    for learner in (4, 5):
        np.testing.assert_allclose(saving[5:, learner], expected, rtol=1e-12)


def test_what_was_learned_in_a_market_fades_after_it_is_left(neighbours):
    fate = np.full((12, MARKETS), 10.0)
    fate[6, 3] = -30.0
    left = neighbours.entering({3: 1}, {}).meeting({"fate": fate})
    saving = np.asarray(left.run().record.tied.saving)
    assert (np.diff(saving[2:8, 4]) > 0.0).all()
    assert (np.diff(saving[8:, 4]) < 0.0).all()
    assert saving[-1, 4] > 0.0


def test_saving_and_familiarity_stay_within_their_bounds(lively):
    tied, values = lively.run().record.tied, lively.parameters.knowledge
    saving, familiarity = np.asarray(tied.saving), np.asarray(tied.familiarity)
    assert saving.any()
    assert ((saving >= 0.0) & (saving <= values.total())).all()
    np.testing.assert_allclose(familiarity, saving / values.total(), rtol=1e-12)
