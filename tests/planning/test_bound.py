"""The optimistic couplings of the bound are at least those of any schedule."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.planning.limits import keep_limits
from beachhead.planning.ties import couplings_of, optimistic_couplings
from beachhead.planning.valuation import Valuer
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER


@pytest.fixture
def exporter() -> Valuer:
    """The bundled exporter, which serves two markets already, on few worlds."""
    case = Case.load("small-exporter")
    panel = load_panel(case.as_of)
    case = case.resolve(panel)
    beliefs = Beliefs.from_prior(case, panel)
    return Valuer.prepare(case, pack(case, panel), beliefs, 8, 1, jnp.float64)


def test_no_schedule_has_better_ties(exporter: Valuer) -> None:
    """Knowledge, spillover, haste and attention of random schedules against the optimistic ones."""
    setting = exporter.setting
    best = optimistic_couplings(setting, setting.limits)
    rng = np.random.default_rng(0)
    markets = setting.problem.people.shape[0]
    options = setting.limits.first.shape[1]
    enter = rng.integers(0, 24, (6, markets)).astype(np.int32)
    enter[3:] = np.where(rng.random((3, markets)) < 0.2, enter[3:], NEVER)
    option = rng.integers(0, options, (6, markets)).astype(np.int32)
    enter, option = keep_limits(setting, enter, option)
    for one, way in zip(enter, option, strict=True):
        true = couplings_of(setting, jnp.asarray(one), jnp.asarray(way))
        for name in ("saving", "familiarity", "heard"):
            room = np.asarray(getattr(best, name)) - np.asarray(getattr(true, name))
            assert room.min() >= -1e-12, name
        assert (np.asarray(true.crowd) >= 0).all() and (np.asarray(true.load) >= 0).all()


def test_what_was_in_preparation_before_the_horizon_teaches_early(toy) -> None:
    """One team could have opened nothing by then; what had begun is there all the same."""
    dates = np.array([NEVER, 1, 4, 7], np.int32)
    firm = toy(
        flow=[1.0] * 3, cost=[1.0] * 3, preparation=(3,), teams=1.0, spread=True,
        believed={"staffing.unfamiliar": 0.0},
        limits={
            "first": np.array([[NEVER], [1], [3], [3]], np.int32),
            "last": np.array([7, 1, 7, 7], np.int32),
            "required": np.array([0.0, 1.0, 0.0, 0.0]),
        },
    )  # fmt: skip
    setting, option = firm.setting, np.zeros(4, np.int32)
    assert firm.judge(dates, option).score.excess == 0
    best = optimistic_couplings(setting, setting.limits)
    true = couplings_of(setting, jnp.asarray(dates), jnp.asarray(option))
    assert np.asarray(true.saving)[:, 2].max() > 0  # it teaches from the quarter after its entry
    for name in ("saving", "familiarity", "heard"):
        room = np.asarray(getattr(best, name)) - np.asarray(getattr(true, name))
        assert room.min() >= -1e-12, name
