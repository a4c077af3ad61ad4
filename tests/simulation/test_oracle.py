"""The kernel against the oracle, and against itself without what makes it fast."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from instances import Instance, invent

from beachhead.simulation.rollout import Outcome, everything, over_worlds
from beachhead.simulation.state import Ledger

kernel = jax.jit(partial(over_worlds, record=everything))


def to_jax(tree):
    return jax.tree.map(jnp.asarray, tree)


def run(instance: Instance, schedule: int, call=kernel) -> Outcome:
    with jax.enable_x64(True):
        outcome = call(
            to_jax(instance.problem),
            to_jax(instance.worlds),
            jnp.asarray(instance.enter[schedule]),
            jnp.asarray(instance.option[schedule]),
        )
        return jax.tree.map(np.asarray, outcome)


def assert_close(ours, theirs, what: str) -> None:
    """Equal to 1e-9 of the figure, or of the largest one of its kind where it is all rounding."""
    scale = np.abs(theirs).max()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12 * scale, err_msg=what)


@pytest.mark.parametrize("new_category", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_kernel_equals_oracle(seed: int, new_category: bool) -> None:
    instance = invent(seed, new_category=new_category)
    for schedule in range(len(instance.enter)):
        outcome = run(instance, schedule)
        quarter = outcome.record
        told = oracle.over_worlds(
            instance.problem, instance.worlds, instance.enter[schedule], instance.option[schedule]
        )
        for world, books in enumerate(told):
            assert_close(outcome.value[world], books.value, "value")
            assert_close(outcome.terminal[world], books.terminal, "terminal")
            for line in Ledger._fields:
                assert_close(getattr(quarter.ledger, line)[world], books.lines[line], line)
            for name in ("units", "share", "accepted", "present", "category"):
                assert_close(getattr(quarter, name)[world], books.series[name], name)
            for name in ("saving", "heard", "crowd", "load"):
                assert_close(getattr(quarter.tied, name)[world], books.series[name], name)
            cash = instance.problem.capital + quarter.ledger.total()[world].sum(axis=1).cumsum()
            flows = sum(books.lines.values()).sum(axis=1)
            assert_close(cash, instance.problem.capital + flows.cumsum(), "cash")
