"""From a firm's own records to beliefs: the public call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from beachhead._version import __version__
from beachhead.calibration.checks import (
    check_beliefs,
    check_figures,
    check_sampler,
    join_scores,
    list_unknowns,
)
from beachhead.calibration.explaining import (
    Setting,
    Unknowns,
    expect,
    find_known,
    find_unknowns,
    lay_out,
)
from beachhead.calibration.outlook import believe
from beachhead.calibration.records import Records, read_records
from beachhead.calibration.sampling import make_sampler, sample, split_scores
from beachhead.cases import Case
from beachhead.cases.actuals import Actual
from beachhead.data import Panel
from beachhead.simulation.beliefs import Beliefs
from beachhead.simulation.compiling import make_room
from beachhead.simulation.learned import Learned, say_prior

type Floats = NDArray[np.float64]
type EffortName = Literal["quick", "standard", "thorough"]

# Of each effort: draws to warm up, and those that are kept, of each of the four chains.
EFFORT: dict[str, tuple[int, int]] = {
    "quick": (500, 500), "standard": (1000, 1500), "thorough": (2000, 4000),
}  # fmt: skip
KEPT = 500  # draws of each chain that the beliefs hold
AGAIN = 400  # draws for which the figures are written again
PART = 50  # of them simulated together: bounds memory


def calibrate(
    case: Case,
    panel: Panel,
    history: Iterable[Actual] | Records,
    *,
    effort: EffortName = "standard",
    seed: int = 1,
    since: str = "",
    progress: Callable[[str], None] | None = None,
) -> Beliefs:
    """Beliefs from the firm's own records before the date of its case.

    Parameters
    ----------
    case, panel : Case, Panel
        The firm as it stands, and the figures of its date.
    history : iterable of Actual, or Records
        What happened, as `cases.actuals.read_actuals` reads it; rows of quarters that were not
        over on the case's date are not looked at. Or what `read_records` made of them.
    effort : {'quick', 'standard', 'thorough'}
        Draws of the sampler.
    seed : int
        The same seed gives the same beliefs.
    since : str
        Label of the quarter in which the records are to begin.
    progress : callable, optional
        Called with what is being done.

    Returns
    -------
    Beliefs
        As `believe`, with `learned`: joint draws of the posterior and the findings of
        the checks. `plan`, `simulate` and all else take them in place of the prior.

    Raises
    ------
    InputError
        If the records cannot be used.
    """
    say = progress or (lambda _: None)
    records = history
    if not isinstance(records, Records):
        records = read_records(case, panel, records, since)
    make_room()
    prior = believe(case, panel)
    markets, regions = records.markets, records.packed.regions
    with jax.enable_x64(True):
        say("which parameters move the figures")
        setting = lay_out(records)
        unknowns = find_unknowns(records, setting, prior)
        say(f"sampling {unknowns.size} unknowns")
        known = find_known(records.units, records.costs)
        sampler = make_sampler(setting, unknowns, known, *EFFORT[effort])
        found = sample(sampler, records.units, records.costs, seed)
        say("checks")
        scores = split_scores(unknowns, found.vectors, markets, regions, seed)
        flat = found.vectors.reshape(-1, unknowns.size)
        figures = _write_again(setting, unknowns, flat)
    told = {markets[row]: regions[row] for row in unknowns.rows}
    findings = [
        *check_sampler(join_scores(scores, told), found.divergences),
        *check_figures(records, *figures, seed),
    ]
    names = (*unknowns.shared, *unknowns.own)
    thin = -(-found.vectors.shape[1] // KEPT)
    learned = Learned(
        labels=tuple(scores),
        scores=np.stack(list(scores.values()), axis=-1)[:, ::thin].astype(np.float32),
        priors={name: say_prior(prior.parameters[name]) for name in names},
        regions=told,
        home=case.resolve(panel).firm.home,
        category=case.product.category,
        case=case.name,
        since=records.since,
        until=records.until,
        version=__version__,
        seed=seed,
        divergences=found.divergences,
        records=records.digest,
    )
    findings += check_beliefs(list_unknowns(learned, prior.parameters))
    return replace(prior, learned=replace(learned, findings=tuple(findings)))


def _write_again(
    setting: Setting, unknowns: Unknowns, vectors: Floats
) -> tuple[Floats, Floats, Floats]:
    """What the kernel expects under some of the draws: units, noise, entry costs; axis draw."""
    some = vectors[:: max(1, len(vectors) // AGAIN)][:AGAIN]
    look = jax.jit(jax.vmap(partial(expect, setting, unknowns)))
    parts = [look(jnp.asarray(some[k : k + PART])) for k in range(0, len(some), PART)]
    units, costs, noise = (np.concatenate([np.asarray(p[k]) for p in parts]) for k in range(3))
    return units, noise, costs
