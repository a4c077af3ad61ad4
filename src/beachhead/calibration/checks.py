"""What to think of a calibration: the sampler, the figures under it, and what was learned.

Every check names its numbers, and says in a sentence what to do where it is not passed. The bands
are those of figures as the posterior would write them again (Gelman, Meng and Stern 1996): they
contain the noise, so that nine figures of ten should lie inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from scipy import stats

from beachhead.calibration.explaining import COST_NOISE, NOISE, START
from beachhead.calibration.records import Records
from beachhead.quantities import Parameter
from beachhead.simulation.correlation import COMMON, REGIONAL, stream
from beachhead.simulation.learned import Finding, Label, Learned, Verdict

type Floats = NDArray[np.float64]

R_HAT = 1.01, 1.05  # Vehtari et al. (2021); the older limit
ESS = 400.0, 100.0  # for all chains together, as they say; the second is judgement
DIVERGED = 0.01  # of the draws, from which on the posterior was not explored
UNUSUAL, RARE = 0.05, 0.01  # chances under the posterior
NOISY = 0.3, 0.7  # of the log. Judgement
FAR = 2.5, 3.5  # sd of the prior between its middle and the posterior's median
TAIL = 1.6449  # score of the 95 % point
SILENT = 0.9  # overlap from which on the records say next to nothing


@dataclass(frozen=True)
class Unknown:
    """What was learned of one parameter, in one market or at the firm's level.

    `market`: ISO3 code; empty for a parameter of the whole firm. `prior`, `posterior`: 5 %, 50 %
    and 95 % points of its value. `overlap` of the two densities, 1 where nothing was learned.
    `shift`: median of its score, in sd of the prior.
    """

    name: str
    market: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    overlap: float
    shift: float


def measure_overlap(scores: Floats) -> float:
    """Area under the lower of a posterior's and the prior's density, of standard normal scores."""
    grid = np.linspace(-6.0, 6.0, 481)
    if np.ptp(scores) == 0.0:
        return 0.0
    both = np.minimum(stats.gaussian_kde(scores)(grid), stats.norm.pdf(grid))
    return float(min(both.sum() * (grid[1] - grid[0]), 1.0))


def join_scores(
    scores: Mapping[Label, Floats], regions: Mapping[str, str]
) -> dict[tuple[str, str], Floats]:
    """Whole scores by (parameter, market), axes as given; market empty where there is none.

    `regions`: of every market.
    """
    joined: dict[tuple[str, str], Floats] = {}
    for label, values in scores.items():
        name = label[0]
        if len(label) == 1:
            joined[name, ""] = values
        elif name == START:
            joined[name, label[2]] = values
        elif label[1] == "common":
            for market, region in regions.items():
                joined[name, market] = (
                    np.sqrt(COMMON) * values
                    + np.sqrt(REGIONAL) * scores[name, "region", region]
                    + np.sqrt(1.0 - COMMON - REGIONAL) * scores[name, "market", market]
                )
    return joined


def check_sampler(joined: Mapping[tuple[str, str], Floats], divergences: int) -> Iterator[Finding]:
    """Whether the chains agree, and how many independent draws they are worth."""
    names = list(joined)
    stacked = np.stack([joined[name] for name in names], axis=-1)
    r_hats, sizes = split_gelman_rubin(stacked), effective_sample_size(stacked)
    worst, least = int(np.nanargmax(r_hats)), int(np.nanargmin(sizes))
    r_hat, size = float(r_hats[worst]), float(sizes[least])
    more = "ask for more draws (--effort thorough); until then the beliefs are not to be trusted"
    text = f"the chains agree to R-hat {r_hat:.3f} or better ({R_HAT[0]:g} is asked for)"
    verdict = _grade(r_hat, *R_HAT)
    if verdict != "PASS":
        text += f"; worst is {' '.join(filter(None, names[worst]))}: {more}"
    yield Finding(verdict, "r_hat", "", f"{text}.")
    text = f"the draws are worth {size:.0f} independent ones or more ({ESS[0]:.0f} are asked for)"
    verdict = _grade(-size, -ESS[0], -ESS[1])
    if verdict != "PASS":
        text += f"; fewest of {' '.join(filter(None, names[least]))}: {more}"
    yield Finding(verdict, "ess", "", f"{text}.")
    draws = int(stacked[..., 0].size)
    text = f"{divergences} of {draws:,} draws diverged"
    verdict = _grade(divergences / draws, 0.0, DIVERGED)
    if verdict != "PASS":
        text += ", so that a corner of what is possible may be missing: ask for more draws, or "
        text += "leave out figures that belong to something else than the firm's own sales"
    yield Finding(verdict, "divergences", "", f"{text}.")


def _grade(value: float, first: float, second: float) -> Verdict:
    return "PASS" if value <= first else "REVIEW" if value <= second else "FAIL"


def check_figures(
    records: Records, mean: Floats, noise: Floats, costs: Floats, seed: int
) -> Iterator[Finding]:
    """The records beside what the posterior would write in their place.

    Parameters
    ----------
    mean, costs : array
        What the kernel expects under each draw, axes (draw, quarter, market) and (draw, market).
    noise : array
        Axis draw.
    """
    chance = stream(seed, "again")
    shape = np.broadcast_to(noise[:, None, None] ** -2, mean.shape)
    again = chance.poisson(np.minimum(chance.gamma(shape, mean / shape), 1e18)).astype(float)
    for row, market in enumerate(records.markets):
        known = ~np.isnan(records.units[:, row])
        if known.any():
            yield _check_band(market, records.units[known, row], again[:, known, row])
        if known.sum() >= 4:
            given = records.units[known, row], mean[:, known, row], again[:, known, row]
            yield _check_trend(market, *given, np.flatnonzero(known).astype(float))
    spread = np.exp(COST_NOISE * chance.standard_normal(costs.shape))
    for row in np.flatnonzero(~np.isnan(records.costs)).tolist():
        low, high = np.quantile(costs[:, row] * spread[:, row], [0.05, 0.95])
        cost, market = records.costs[row], records.markets[row]
        text = f"{market}: opening it cost {cost:,.3g}, expected are {low:,.3g} to {high:,.3g}"
        if low <= cost <= high:
            yield Finding("PASS", "entry_cost", market, f"{text}.")
        else:
            advice = "look whether all of it is a cost of entry, and at the economics of its mode"
            yield Finding("REVIEW", "entry_cost", market, f"{text}: {advice}.")
    size = float(np.median(noise))
    text = f"a quarter's units lie some {size:.0%} about what the model says"
    verdict = _grade(size, *NOISY)
    if verdict != "PASS":
        text += (
            ": it explains little of them; look for seasons, one-off orders, and figures that are "
            "shipments rather than sales"
        )
    yield Finding(verdict, "noise", "", f"{text}.")


def _check_band(market: str, units: Floats, again: Floats) -> Finding:
    low, high = np.quantile(again, [0.05, 0.95], axis=0)
    outside = int(((units < low) | (units > high)).sum())
    chance = float(stats.binom.sf(outside - 1, units.size, 0.1))
    text = f"{market}: {outside} of {units.size} figures lie outside the band of nine of ten"
    if chance >= UNUSUAL:
        return Finding("PASS", "band", market, f"{text}.")
    text += (
        f"; so many by chance: {chance:.1%}. The model does not describe this market: look at its "
        "mode, at what happened there, and leave it out if it was no ordinary business"
    )
    return Finding("FAIL" if chance < RARE else "REVIEW", "band", market, f"{text}.")


def _check_trend(market: str, units: Floats, mean: Floats, again: Floats, when: Floats) -> Finding:
    """Whether what is left unexplained drifts, beside what it would do in figures written again."""
    centred = when - when.mean()

    def drift(figures: Floats) -> Floats:
        left = np.log((figures + 0.5) / (mean + 0.5))
        return np.asarray((left - left.mean(axis=1, keepdims=True)) @ centred)

    seen, usual = drift(np.broadcast_to(units, mean.shape)), drift(again)
    above = float((usual >= seen).mean())
    chance = min(1.0, 2.0 * min(above, 1.0 - above))
    yearly = 4.0 * float(np.median(seen)) / float((centred**2).sum())
    text = f"{market}: what is left unexplained drifts by {yearly:+.0%} a year"
    if chance >= UNUSUAL:
        return Finding("PASS", "trend", market, f"{text}, as it would by chance.")
    way = "faster" if yearly > 0 else "slower"
    text += (
        f"; so much by chance: {chance:.1%}. Sales there grew {way} than the model can follow: do "
        "not plan this market, or home, by these beliefs before the cause is known"
    )
    return Finding("FAIL" if chance < RARE else "REVIEW", "trend", market, f"{text}.")


def list_unknowns(learned: Learned, parameters: Mapping[str, Parameter]) -> tuple[Unknown, ...]:
    """What was learned of each parameter, in each market of the records."""
    known = dict(zip(learned.labels, np.moveaxis(learned.scores, 2, 0), strict=True))
    joined = join_scores(known, learned.regions)
    found = []
    for (name, market), scores in joined.items():
        if name == START:
            continue
        of = NOISE if name == NOISE.name else parameters[name]
        flat = scores.ravel().astype(float)

        def value(score: float, of: Parameter = of) -> float:
            return float(np.clip(of.prior.values(of.default, np.array([score]))[0], *of.bounds))

        low, middle, high = (value(float(q)) for q in np.quantile(flat, [0.05, 0.5, 0.95]))
        found.append(
            Unknown(
                name, market, (value(-TAIL), value(0.0), value(TAIL)), (low, middle, high),
                measure_overlap(flat), float(np.median(flat)),
            )
        )  # fmt: skip
    return tuple(found)


def check_beliefs(unknowns: tuple[Unknown, ...]) -> Iterator[Finding]:
    """Whether the records contradict what was believed, and of what they say nothing."""
    far = [u for u in unknowns if abs(u.shift) > FAR[0]]
    for u in far:
        name = " ".join(filter(None, [u.name, u.market]))
        text = (
            f"{name} comes out at {u.posterior[1]:.3g}, {abs(u.shift):.1f} sd "
            f"{'above' if u.shift > 0 else 'below'} what was believed ({u.prior[1]:.3g}): the "
            "records and the prior contradict each other; look at the figures first, and if they "
            "are right set the parameter in the case"
        )
        yield Finding("FAIL" if abs(u.shift) > FAR[1] else "REVIEW", "prior", u.market, f"{text}.")
    if not far:
        text = f"nothing that was learned is further than {FAR[0]:g} sd from what was believed"
        yield Finding("PASS", "prior", "", f"{text}.")
    names = dict.fromkeys(u.name for u in unknowns)
    silent = [n for n in names if all(u.overlap > SILENT for u in unknowns if u.name == n)]
    if len(silent) == len(names):
        text = "the records say next to nothing: plan with the priors, or give more quarters"
        yield Finding("REVIEW", "overlap", "", f"{text}.")
        return
    text = f"of {len(names)} parameters the records say something of {len(names) - len(silent)}"
    if silent:
        text += f"; they stay as believed: {', '.join(silent)}"
    yield Finding("PASS", "overlap", "", f"{text}.")
