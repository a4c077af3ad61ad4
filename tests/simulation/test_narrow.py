"""A problem on some of its markets is worth what the whole is, where the rest is left alone."""

import jax
import jax.numpy as jnp
import numpy as np
from instances import invent, to_jax

from beachhead.simulation.narrow import narrow
from beachhead.simulation.rollout import over_worlds
from beachhead.simulation.state import NEVER


def test_markets_that_are_never_entered_can_be_left_out() -> None:
    instance = invent(8)
    rows = np.array([0, 1, 2, 4, 6])
    enter = instance.enter[0].copy()
    enter[[4, 6]] = [6, 9]
    enter[[3, 5]] = NEVER
    with jax.enable_x64(True):
        problem, worlds = to_jax((instance.problem, instance.worlds))
        when, how = jnp.asarray(enter), jnp.asarray(instance.option[0])
        whole = jax.jit(over_worlds)(problem, worlds, when, how)
        kept = np.concatenate([rows, np.arange(7, enter.size)])
        few = jax.jit(over_worlds)(*narrow(problem, worlds, rows), when[kept], how[kept])
    np.testing.assert_allclose(few.value, whole.value[:, rows], rtol=1e-9, atol=1e-4)
    np.testing.assert_allclose(few.record, whole.record, rtol=1e-9)
    assert not np.asarray(whole.value[:, [3, 5]]).any()
