"""The model and the baselines on the waves of real firms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.evidence.atlas import Array
from beachhead.evidence.baselines import BASELINES, fit_weights, softmax
from beachhead.evidence.choice import Population, learn_without, predict, update
from beachhead.evidence.entries import History
from beachhead.evidence.metrics import (
    FEWEST_ENTRIES,
    Foretold,
    average,
    differ,
    foretell,
    foretell_blind,
    now_or_later,
    reliability,
)
from beachhead.evidence.model import Model
from beachhead.evidence.rhythm import count_years, score_rhythm
from beachhead.evidence.waves import Wave, find_waves

FOLD_WARMUP, FOLD_DRAWS = 300, 200  # of each firm left out: one chain, enough for a mean


@dataclass(frozen=True)
class Score:
    """How well what firms did next was foretold.

    Attributes
    ----------
    model : dict of str to float
        Means over firms with at least five scored entries: `auc`, `precision_at_wave`, `mrr`,
        `top_20`, `log_likelihood` (nats an entry).
    baselines : dict
        The same of each baseline, and `difference`: model less baseline, with its interval.
    firms : dict
        Of each firm its coverage, waves, entries and the model's metrics.
    by_coverage : dict
        `model` and `baselines` over the firms of full and of listed coverage.
    reliability : list of dict
        See `metrics.reliability`.
    when : dict
        `markets_a_year` (see `rhythm.score_rhythm`) and `now_or_later`, the chance that a market
        entered now was put above one entered later, of the model and of each baseline.
    waves, entries : int
        Scored.
    seen : list of str
        Scored firms from which the model had learned: no forecast of these. None where it had
        learned only of years before those that are scored.
    """

    model: dict[str, float]
    baselines: dict[str, dict[str, Any]]
    firms: dict[str, dict[str, Any]]
    by_coverage: dict[str, dict[str, Any]]
    reliability: list[dict[str, float]]
    when: dict[str, Any]
    waves: int
    entries: int
    seen: list[str]


def score(
    histories: Sequence[History], panel: Panel, model: Model | None = None, *,
    since: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Score:  # fmt: skip
    """Foretell each scored wave from what was known when its year began.

    Without a model each firm is foretold by one that is fitted to all other firms. In either case
    the firm's own earlier waves are taken into account. The weights of the baselines are fitted to
    the other firms' waves. With `since` only waves of that year and later are scored, and the
    baselines are fitted to waves before it, as a model should be (`fit` with `before`).

    Raises
    ------
    InputError
        If no wave can be scored, or, without a model, if there is no other firm to learn from.
    """
    waves = find_waves(histories, panel)
    scored = [wave for wave in waves if wave.scored and wave.year >= (since or wave.year)]
    if not scored:
        fix = "A wave counts from 2006 and from the firm's third market on"
        fix += "." if since is None else f", here from {since} on."
        raise InputError(Problem("no wave to score", "", fix))
    firms = list(dict.fromkeys(wave.firm for wave in scored))
    if model is None and len({wave.firm for wave in waves}) < 2:
        fix = "Name a model (--model), or give entries of other firms."
        raise InputError(Problem("one firm alone cannot be left out", "", fix))
    ours: dict[int, Array] = {}
    populations = (
        learn_without(waves, firms, warmup=FOLD_WARMUP, draws=FOLD_DRAWS)
        if model is None
        else repeat(model.population)
    )
    for at, (firm, population) in enumerate(zip(firms, populations, strict=False), start=1):
        ours |= _foretell_firm(population, waves, firm)
        if progress is not None:
            progress(firm, at, len(firms))
    probabilities = [ours[id(wave)] for wave in scored]
    told = [foretell(wave, p, p) for wave, p in zip(scored, probabilities, strict=True)]
    orders = {"random": None} | {
        name: _order(columns, waves, scored, since) for name, columns in BASELINES.items()
    }
    theirs = {
        name: [foretell_blind(wave) for wave in scored] if found is None else
        [foretell(wave, p, p) for wave, p in zip(scored, found, strict=True)]
        for name, found in orders.items()
    }  # fmt: skip
    coverage = {history.firm: history.coverage for history in histories}
    means, by_firm = average(told)
    laters = _find_later(scored, histories)
    return Score(
        means,
        _compare(told, theirs),
        {firm: {"coverage": coverage[firm], **values} for firm, values in by_firm.items()},
        {
            kind: {"model": average(mine)[0],
                   "baselines": _compare(mine, {name: _only(other, coverage, kind)
                                                for name, other in theirs.items()})}
            for kind in ("full", "listed") if (mine := _only(told, coverage, kind))
        },
        reliability(scored, probabilities),
        {
            "markets_a_year": score_rhythm(
                count_years(histories), None if model is None else model.rhythm
            ),
            "now_or_later": {
                "model": _now_or_later(scored, probabilities, laters),
                **{name: _now_or_later(scored, found, laters)
                   for name, found in orders.items() if found is not None},
            },
        },
        len(scored),
        sum(wave.size for wave in scored),
        _see(model, firms, since),
    )  # fmt: skip


def _see(model: Model | None, firms: Sequence[str], since: int | None) -> list[str]:
    """Firms from whose scored waves the model may have learned."""
    if model is None:
        return []
    before = model.made["before"]
    if before is not None and since is not None and before <= since:
        return []
    return [firm for firm in firms if firm in model.made["firms"]]


def _foretell_firm(population: Population, waves: Sequence[Wave], firm: str) -> dict[int, Array]:
    """Probabilities of a firm's scored waves, each from the firm's waves before it."""
    own = [wave for wave in waves if wave.firm == firm]
    return {
        id(wave): predict(population, update(population, own[:at]), wave)
        for at, wave in enumerate(own)
        if wave.scored
    }


def _order(
    columns: Callable[[Wave], Array],
    waves: Sequence[Wave],
    scored: Sequence[Wave],
    since: int | None,
) -> list[Array]:
    """A baseline's probabilities, its weights from other firms' waves before `since`, in order."""
    values = [columns(wave) for wave in waves]
    weights: dict[str, Array] = {}
    found = []
    for wave in scored:
        if wave.firm not in weights:
            kept = [
                k
                for k, other in enumerate(waves)
                if other.firm != wave.firm and (since is None or other.year < since)
            ]
            fitted = fit_weights(
                [values[k] for k in kept], [waves[k] for k in kept], values[0].shape[1]
            )
            # A baseline says which way is good; only how much it matters is fitted.
            weights[wave.firm] = np.maximum(fitted, 1e-3)
        found.append(softmax(columns(wave) @ weights[wave.firm]))
    return found


def _compare(
    told: Sequence[Foretold], theirs: dict[str, list[Foretold]]
) -> dict[str, dict[str, Any]]:
    return {
        name: {**average(other)[0], "difference": differ(told, other)}
        for name, other in theirs.items()
    }


def _only(told: Sequence[Foretold], coverage: Mapping[str, str], kind: str) -> list[Foretold]:
    return [wave for wave in told if coverage[wave.firm] == kind]


def _find_later(scored: Sequence[Wave], histories: Sequence[History]) -> list[NDArray[np.bool_]]:
    """Which markets of each wave's risk set its firm entered in a later year."""
    firsts = {history.firm: history.first_entries for history in histories}
    return [
        np.array([firsts[wave.firm].get(wave.atlas.codes[k], 0) > wave.year for k in wave.risk])
        for wave in scored
    ]


def _now_or_later(
    scored: Sequence[Wave], scores: Sequence[Array], laters: Sequence[NDArray[np.bool_]]
) -> float:
    """Mean over the waves of a firm, then over firms with enough entries."""
    found: dict[str, list[tuple[int, float]]] = {}
    for wave, values, later in zip(scored, scores, laters, strict=True):
        if (chance := now_or_later(wave, values, later)) is not None:
            found.setdefault(wave.firm, []).append((wave.size, chance))
    means = [
        np.mean([chance for _, chance in waves])
        for waves in found.values()
        if sum(size for size, _ in waves) >= FEWEST_ENTRIES
    ]
    return float(np.mean(means)) if means else float("nan")
