"""The odds of a plan's targets from where the firm really stands.

The rest of the plan is simulated from the actual state, as `plan --from` takes it up: units, cash,
entries and what is in preparation are what they are, sales grow on from there, and the beliefs
about the parameters are those of the case. The plan's own futures are not weighed by how well they
fit instead: a dozen figures leave next to nothing of a thousand of them, and none follows a firm
that has left its schedule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from beachhead.cases import Case, Schedule, Target, check_case, overlay, quarters
from beachhead.cases.actuals import Actual
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.resume import LEAST, Resumed, resume
from beachhead.planning.targets import chances
from beachhead.planning.valuation import Valuer
from beachhead.simulation import Beliefs
from beachhead.simulation.pack import pack


@dataclass(frozen=True)
class Odds:
    """What the rest of a plan promises.

    `chances`: share of `worlds` futures that reach each target of the old case, by its number
    there; those that are due, or of which the part of the period that has passed cannot be added
    up, are not among them. `ruin`: share in which cash falls below the floor before the horizon
    ends; None where less than `LEAST` quarters are left of it.
    """

    chances: dict[int, float]
    ruin: float | None
    worlds: int


def take_up(
    case: Case, panel: Panel, schedule: Schedule, futures: xr.Dataset, actuals: Iterable[Actual],
    as_of: str,
) -> Resumed:  # fmt: skip
    """Where the firm stands and what is left of the plan; within its last year too.

    The horizon then ends later, so that `LEAST` quarters are left: what comes before is the same.

    Raises
    ------
    InputError
        As `resume`.
    """
    left = quarters.first_from(case.as_of) + case.quarters - quarters.parse(as_of)
    longer = case.model_copy(update={"quarters": case.quarters + max(0, LEAST - left)})
    return resume(longer, panel, case, schedule, futures, actuals, as_of)


def weigh_rest(resumed: Resumed, old: Case, seed: int, *, worlds: int = FRESH_WORLDS) -> Odds:
    """Simulate the rest of a plan.

    Parameters
    ----------
    resumed : Resumed
        What `take_up` found.
    old : Case
        As planned, for the numbers of its targets and the end of its horizon.
    seed : int
        Of the plan: the same worlds as its own.

    Raises
    ------
    InputError
        If the case as it stands now is at fault.
    """
    case = Case.loads(resumed.case.to_toml(), f"{old.name} in {resumed.case.quarter_label(0)}")
    panel = overlay(case, load_panel(as_of=case.as_of))
    if problems := check_case(case, panel):
        raise InputError(*problems)
    case = case.resolve(panel)
    with jax.enable_x64(True):
        packed = pack(case, panel).following(resumed.rest)
        valuer = Valuer.prepare(
            case, packed, Beliefs.from_prior(case, panel), worlds, seed + FRESH_SEED, jnp.float64,
            told=True,
        )  # fmt: skip
        account = valuer.judge(*packed.encode(resumed.rest))
        found = np.asarray(chances(jnp.asarray(account.reached))) if case.targets else ()
    end = quarters.first_from(old.as_of) + old.quarters
    whole = quarters.first_from(case.as_of) + case.quarters == end
    ruin = float((account.low < case.limits.cash_floor).mean())
    return Odds(
        chances=dict(zip(_number(old.targets, case.targets), map(float, found), strict=True)),
        ruin=ruin if whole else None,
        worlds=worlds,
    )


def _number(old: Iterable[Target], new: Iterable[Target]) -> list[int]:
    """Number among the old targets of each that is left of them, in their order."""
    ahead = iter(enumerate(old))
    return [
        next(k for k, one in ahead if one.model_copy(update={"so_far": target.so_far}) == target)
        for target in new
    ]
