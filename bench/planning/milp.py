"""Markets as if each were alone, chosen together by an integer programme.

    max sum of v_iqk x_iqk,  x binary: at most one entry (quarter q, option k) of each market i,
    teams of the entries in preparation <= teams in every quarter, and the limits of the case

v is the value of market i entered alone, beside home and what is served: no experience passes on,
nobody is crowded, and cash is not limited. So the programme is also solved for fewer markets than
it would enter, and the true value of each answer tells which is best.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from problem import Problem, Schedule
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from beachhead.mechanisms.staffing import staffing
from beachhead.planning.decoupled import tabulate
from beachhead.simulation.rollout import follow
from beachhead.simulation.state import NEVER

PARTS = (1.0, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05)  # of the markets of the first answer
LIMIT = 30.0  # seconds of the first programme; the others have a tenth of that each
GAP = 1e-3


def solve_relaxation(problem: Problem) -> Iterator[Schedule]:
    """Entering nowhere, then what the programmes choose, the one with most entries first."""
    setting = problem.valuer.setting
    limits, arrays = setting.limits, setting.problem
    rows = problem.valuer.packed.rows
    nowhere = jnp.full(rows, NEVER, jnp.int32)
    given = follow(arrays, setting.worlds, nowhere, jnp.zeros(rows, jnp.int32)).tied
    clock = np.arange(arrays.teams.shape[0], dtype=np.int32)
    table = tabulate(setting, given, clock)
    quarters, _, markets = table.shape
    demanded = np.asarray(limits.required)[:markets] > 0
    table = _keep_best_of_like(table, np.asarray(arrays.options.preparation).T,
                               np.asarray(arrays.options.teams))  # fmt: skip
    quarter, option, market = np.nonzero(np.isfinite(table) & ((table > 0.0) | demanded))
    value = table[quarter, option, market]
    yield np.full(rows, NEVER, np.int32), np.zeros(rows, np.int32)
    if not value.size:
        return
    columns = np.arange(value.size)
    begin = quarter - np.asarray(arrays.options.preparation)[market, option]
    need = np.asarray(
        staffing(setting.central.staffing.unfamiliar, arrays.options.teams[option], 0.0)
    )
    clock = np.arange(quarters)[:, None]
    busy = sparse.csr_matrix(np.where((clock >= begin) & (clock < quarter), need, 0.0))
    once = sparse.csr_matrix((np.ones(value.size), (market, columns)), shape=(markets, value.size))
    apart = np.asarray(limits.apart)[:, :markets][:, market]
    constraints = [
        LinearConstraint(busy, ub=np.asarray(limits.teams, dtype=float) + 1e-6),
        LinearConstraint(once, lb=demanded.astype(float), ub=1.0),
    ]
    if apart.size:
        constraints.append(LinearConstraint(sparse.csr_matrix(apart), ub=1.0))
    for later, earlier in zip(np.asarray(limits.later), np.asarray(limits.earlier), strict=True):
        waits = ((market == later) & (quarter <= clock)).astype(float)
        waits -= (market == earlier) & (quarter < clock)
        constraints.append(LinearConstraint(sparse.csr_matrix(waits), ub=0.0))
    scale = float(np.abs(value).max())
    most, found = min(float(limits.most), float(markets)), 0.0
    for part in PARTS:
        count = most if part == 1.0 else np.ceil(part * found)
        number = LinearConstraint(sparse.csr_matrix(np.ones((1, value.size))), ub=count)
        solved = milp(
            -value / scale, integrality=np.ones(value.size), bounds=Bounds(0.0, 1.0),
            constraints=[*constraints, number],
            options={"time_limit": LIMIT if part == 1.0 else LIMIT / 10, "mip_rel_gap": GAP},
        )  # fmt: skip
        if solved.x is None:
            continue
        taken = np.flatnonzero(solved.x > 0.5)
        found = found or float(taken.size)
        enter, ways = np.full(rows, NEVER, np.int32), np.zeros(rows, np.int32)
        enter[market[taken]], ways[market[taken]] = quarter[taken], option[taken]
        yield enter, ways


def _keep_best_of_like(
    table: NDArray[np.float64], preparation: NDArray[np.int32], teams: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Values without options that another one beats with the same people for the same time.

    `table` axes (quarter, option, market), `preparation` (option, market), `teams` (option,).
    """
    kept = table.copy()
    for k in range(teams.size):
        for other in range(teams.size):
            if other != k and teams[other] == teams[k]:
                same = preparation[other] == preparation[k]
                better = (table[:, other] > table[:, k]) | (
                    (table[:, other] == table[:, k]) & (other < k)
                )
                kept[:, k] = np.where(same & better, -np.inf, kept[:, k])
    return kept
