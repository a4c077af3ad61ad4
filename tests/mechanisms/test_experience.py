"""E3: what presence teaches and absence takes away."""

import numpy as np
import pytest

from beachhead.mechanisms.experience import Experience, experience

KNOWN = np.linspace(0.0, 1.0, 5)
HERE, AWAY = np.ones(5), np.zeros(5)


@pytest.fixture
def parameters():
    return Experience(years=np.float64(1.5), forgetting=np.float64(0.42))


def test_quarters_of_presence_add_up_to_the_closed_form(parameters):
    known = np.zeros(5)
    for quarter in range(1, 41):
        known = experience(parameters, known, HERE, 0.25)
        np.testing.assert_allclose(known, 1.0 - np.exp(-0.25 * quarter / 1.5), atol=1e-12)


def test_one_long_step_is_many_short_ones(parameters):
    for there in (HERE, AWAY):
        steps = KNOWN
        for _ in range(8):
            steps = experience(parameters, steps, there, 0.25)
        np.testing.assert_allclose(steps, experience(parameters, KNOWN, there, 2.0), atol=1e-12)


def test_what_was_learned_fades_after_leaving(parameters):
    faded = experience(parameters, KNOWN, AWAY, 1.0)
    np.testing.assert_allclose(faded, KNOWN * np.exp(-0.42), atol=1e-12)


def test_experience_stays_between_nothing_and_all(parameters):
    for there in (HERE, AWAY):
        after = np.asarray(experience(parameters, KNOWN, there, 0.25))
        assert ((after >= 0.0) & (after <= 1.0)).all()


def test_without_a_time_to_learn_one_quarter_teaches_all():
    quick = Experience(years=np.float64(0.0), forgetting=np.float64(0.42))
    assert (np.asarray(experience(quick, KNOWN, HERE, 0.25)) == 1.0).all()
