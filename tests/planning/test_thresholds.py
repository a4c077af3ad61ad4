"""Quantiles of a gate become units on the search's worlds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from beachhead.cases import Case, Gate
from beachhead.planning.thresholds import settle
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import Gates


def test_a_quantile_is_that_of_what_is_seen(toy: Callable[..., Valuer]) -> None:
    """Sizes of 1 to 5 in five worlds, a flow of 10 a quarter: the median is 30 a quarter.

    Alone the second way is worth most. It takes a quarter to prepare, and the wait begins then.
    """
    row = np.eye(3)
    gates = Gates(
        pilot=row[1:2], waits=row[2:3], wait=np.array([[0, 2]], np.int32),
        threshold=np.zeros((1, 2)), noise=np.zeros(1),
    )  # fmt: skip
    valuer = toy(
        flow=np.array([[1.0, 10.0], [1.0, 1.0]]), cost=np.ones((2, 2)), preparation=(0, 1),
        worlds=5, gates=gates,
    )  # fmt: skip
    setting = valuer.setting
    sizes = jnp.ones((5, 3)).at[:, 1].set(jnp.arange(1.0, 6.0))
    category = replace(setting.worlds.parameters.category, size_factor=sizes)
    parameters = setting.worlds.parameters._replace(category=category)
    worlds = setting.worlds._replace(parameters=parameters)
    alone: Any = np.zeros((8, 2, 3))
    alone[:, 1, 1] = 1.0
    gate = Gate(name="first", pilot="M01", markets=("M02",), wait=(0, 2), quantiles=(0.25, 0.5))
    case = cast(Case, SimpleNamespace(gates=(gate,)))
    settled = settle(case, replace(valuer, setting=setting._replace(worlds=worlds)), alone)
    assert settled.gates == (((0, 0.0), (0, 0.0), (2, 40.0), (2, 60.0)),)
    assert settled.problem.gates is not None
    np.testing.assert_array_equal(settled.problem.gates.wait, [[0, 0, 2, 2]])
    units = gate.model_copy(update={"units": (7.0,)})
    given = settle(cast(Case, SimpleNamespace(gates=(units,))), replace(valuer), alone)
    assert given.gates == valuer.packed.gates
