"""The odds of a plan's targets after what has happened.

While the firm does what was planned, they are those of the plan's own futures, each weighed by how
near it comes to the actual figures: the share that reaches a target among futures like this one.
Where other was done than planned, or hardly a future is like it, the rest of the plan is simulated
from the actual state instead, as `plan --from` takes it up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from beachhead.calibration import believe
from beachhead.cases import Case, Schedule, Target, check_case, overlay, quarters
from beachhead.cases.actuals import Actual
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.planning.planner import FRESH_SEED, FRESH_WORLDS
from beachhead.planning.resume import LEAST, Resumed, resume
from beachhead.planning.targets import NEAR, chances
from beachhead.planning.valuation import Valuer
from beachhead.simulation.pack import pack

SALES = ("units", "revenue")
TINY = 1e-9  # stands for nothing where logarithms are taken
LEAST_SPREAD = 1e-6  # of logarithms: what does not differ between futures weighs none of them


@dataclass(frozen=True)
class Odds:
    """What the rest of a plan promises.

    `chances`: share of `worlds` futures that reach each target of the case, by its number; those
    that cannot be added up from the actual state are not among them. `ruin`: share in which cash
    falls below the floor before the horizon ends; None where less than `LEAST` quarters of it are
    simulated. `effective`: number of futures of equal weight that would
    say as much. `by`: the plan's own futures, or futures simulated from the actual state.
    """

    chances: dict[int, float]
    ruin: float | None
    worlds: int
    effective: float
    by: Literal["futures", "state"]


def weigh_futures(futures: xr.Dataset, actuals: Iterable[Actual]) -> NDArray[np.float64]:
    """Weight of each of the plan's futures given what was sold, axis world; they add up to 1.

    The last figure of each market counts, units or else revenue, since the earlier ones say nearly
    the same. A Gaussian kernel in their logarithms, its width the normal reference rule for as
    many figures and futures (Silverman 1986, eq. 4.14): kernel regression of whatever is asked of
    the futures on what has happened. A future in which nothing is sold any more has no weight.

    Parameters
    ----------
    futures : Dataset
        What `trace` returned for the plan.
    actuals : iterable of Actual
        Of quarters of the horizon and markets of the plan; others are passed over.
    """
    last: dict[str, Actual] = {}
    for a in actuals:
        known = a.quarter in futures["quarter"].values and a.market in futures["market"].values
        if known and a.metric in SALES:
            before = last.get(a.market)
            if before is None or _order(a) > _order(before):
                last[a.market] = a
    worlds, many = futures.sizes["world"], len(last)
    width = (4.0 / ((many + 2.0) * worlds)) ** (1.0 / (many + 4.0))
    weights = np.zeros(worlds)  # logarithms
    for a in last.values():
        sold = np.asarray(futures[a.metric].sel(quarter=a.quarter, market=a.market).values)
        there = sold > 0.0
        spread = float(np.log(sold[there]).std()) if there.any() else 0.0
        apart = np.log(np.maximum(sold, TINY)) - np.log(max(a.value, TINY))
        weights -= 0.5 * (apart / (width * max(spread, LEAST_SPREAD))) ** 2
    weights = np.exp(weights - weights.max())
    return np.asarray(weights / weights.sum())


def weigh_plan(
    case: Case, panel: Panel, schedule: Schedule, futures: xr.Dataset, seed: int,
    weights: NDArray[np.float64],
) -> Odds:  # fmt: skip
    """The odds among a plan's own futures, as they are weighed.

    Parameters
    ----------
    case, panel, schedule : Case, Panel, Schedule
        As planned.
    futures, seed : Dataset, int
        What `trace` returned, and its seed.
    weights : array
        Axis world.
    """
    worlds = futures.sizes["world"]
    with jax.enable_x64(True):
        packed = pack(case, panel).following(schedule)
        valuer = Valuer.prepare(
            case, packed, believe(case, panel), worlds, seed, jnp.float64, told=True
        )
        account = valuer.judge(*packed.encode(schedule))
    met = account.reached >= 1.0 - NEAR
    return Odds(
        chances={k: float(weights @ met[:, k]) for k in range(len(case.targets))},
        ruin=float(weights @ (account.low < case.limits.cash_floor)),
        worlds=worlds,
        effective=float(1.0 / (weights**2).sum()),
        by="futures",
    )


def _order(a: Actual) -> tuple[int, int]:
    """Later figures count, and units before revenue."""
    return quarters.parse(a.quarter), -SALES.index(a.metric)


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
            case, packed, believe(case, panel), worlds, seed + FRESH_SEED, jnp.float64,
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
        effective=float(worlds),
        by="state",
    )


def _number(old: Iterable[Target], new: Iterable[Target]) -> list[int]:
    """Number among the old targets of each that is left of them, in their order."""
    ahead = iter(enumerate(old))
    return [
        next(k for k, one in ahead if one.model_copy(update={"so_far": target.so_far}) == target)
        for target in new
    ]
