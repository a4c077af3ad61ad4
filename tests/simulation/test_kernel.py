"""The kernel against itself without what makes it fast: compilation and batches."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import oracle
import pytest
from instances import invent, to_jax

from beachhead.simulation.rollout import change_in_cash, everything, over_worlds, rollout, wait
from beachhead.simulation.state import NEVER


def test_compiled_equals_eager() -> None:
    instance = invent(3, markets=4, options=2, quarters=6, worlds=2)
    with jax.enable_x64(True):
        arguments = (
            to_jax(instance.problem),
            to_jax(instance.worlds),
            jnp.asarray(instance.enter[0]),
            jnp.asarray(instance.option[0]),
        )
        call = partial(over_worlds, record=everything)
        fast = jax.tree.map(np.asarray, jax.jit(call)(*arguments))
        with jax.disable_jit():
            slow = jax.tree.map(np.asarray, call(*arguments))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-12), fast, slow)


def test_batches_equal_loops() -> None:
    instance = invent(4, schedules=3, worlds=3)
    with jax.enable_x64(True):
        problem, worlds = to_jax(instance.problem), to_jax(instance.worlds)
        enter, option = jnp.asarray(instance.enter), jnp.asarray(instance.option)
        together = jax.jit(jax.vmap(partial(over_worlds, problem, worlds, record=change_in_cash)))(
            enter, option
        )
        one = jax.jit(partial(rollout, problem, record=change_in_cash))
        for schedule in range(3):
            for world in range(3):
                parameters, shocks = jax.tree.map(lambda leaf, w=world: leaf[w], worlds)
                alone = one(parameters, shocks, enter[schedule], option[schedule])
                jax.tree.map(
                    partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-6),
                    jax.tree.map(lambda leaf, s=schedule, w=world: leaf[s, w], together),
                    alone,
                )


@pytest.mark.parametrize("first", [0, 3])
def test_what_comes_before_the_entries_need_not_be_simulated_again(first: int) -> None:
    """The same from where a world stands without entries, if work on them begins there or later."""
    instance = invent(8, markets=7, quarters=12, worlds=3, gates=0, measures=0)
    instance.problem.options.preparation[:] = 1
    enter = np.where(np.arange(7) == 3, NEVER, first + 1 + np.arange(7)).astype(np.int32)
    with jax.enable_x64(True):
        problem, worlds = to_jax(instance.problem), to_jax(instance.worlds)
        option = jnp.asarray(instance.option[0])
        whole = jax.jit(partial(over_worlds, record=lambda q: (q.change, q.tied)))(
            problem, worlds, jnp.asarray(enter), option
        )
        change, given = whole.record
        stands = jax.tree.map(lambda leaf: leaf[:, first], wait(problem, worlds, given))
        since = jax.jit(
            partial(over_worlds, record=lambda q: q.change, given=given),
        )(problem, worlds, jnp.asarray(enter), option, since=(jnp.asarray(first), stands))
    same = partial(np.testing.assert_allclose, rtol=1e-11, atol=1e-6)
    same(since.value, whole.value)
    same(since.terminal, whole.terminal)
    same(since.record[:, first:], change[:, first:])
    assert not np.asarray(since.record[:, :first]).any()
    assert np.abs(change[:, first:]).max() > 1.0


@pytest.mark.parametrize("double", [False, True])
def test_many_products_of_matrix_and_row_compile_right(double: bool) -> None:
    """JAX 0.10.2 got the last rows of a compiled batch of these wrong (jax-ml/jax issue 39103).

    What is expected is exact: i squared, for the i-th of 20,000 and of 40,000 rows, at whose ends
    the fault showed in float64 and in float32.
    """
    with jax.enable_x64(double):
        dtype = jnp.float64 if double else jnp.float32
        identity = jnp.eye(3, dtype=dtype)

        def norms(rows: jax.Array) -> jax.Array:
            return jax.vmap(lambda row: jnp.sum((identity @ row) ** 2))(rows)

        for count in (20_000, 40_000):
            first = np.arange(count, dtype=dtype) % 4_000
            rows = jnp.asarray(np.stack([first, 0 * first, 0 * first], axis=1))
            np.testing.assert_array_equal(jax.jit(norms)(rows), first**2)
            np.testing.assert_array_equal(norms(rows), first**2)
            plain = jnp.asarray(np.arange(count, dtype=dtype))[:, None] * jnp.ones((1, 3), dtype)
            np.testing.assert_array_equal(jax.jit(norms)(plain), norms(plain))


def test_twenty_thousand_worlds_compile_right() -> None:
    """The same for the kernel itself: a batch of 20,000 times one world."""
    instance = invent(5, markets=3, options=2, quarters=4, worlds=1)
    enter, option = instance.enter[0], instance.option[0]
    with jax.enable_x64(True):
        worlds = jax.tree.map(lambda leaf: jnp.repeat(leaf, 20_000, axis=0), instance.worlds)
        arguments = to_jax((instance.problem, worlds, enter, option))
        value = np.asarray(jax.jit(over_worlds)(*arguments).value)
    (books,) = oracle.over_worlds(instance.problem, instance.worlds, enter, option)
    np.testing.assert_allclose(value, np.tile(books.value, (20_000, 1)), rtol=1e-9)
