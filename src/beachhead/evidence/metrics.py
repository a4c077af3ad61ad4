"""How well an order of markets, or a probability of each, foretold what was entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from beachhead.evidence.atlas import Array
from beachhead.evidence.waves import Wave

METRICS = ("auc", "precision_at_wave", "mrr", "top_20", "log_likelihood")
FEWEST_ENTRIES = 5  # scored entries that a firm needs to count in the means
RESAMPLES = 2000
SEED = 1


@dataclass(frozen=True)
class Foretold:
    """How one wave was foretold.

    Attributes
    ----------
    firm, year, size
        The wave, and how many markets were entered in it.
    values : array (5,)
        `METRICS`; of the last the sum over the entries.
    """

    firm: str
    year: int
    size: int
    values: Array


def auc(score: Array, entered: NDArray[np.bool_]) -> float:
    """Chance that an entered market scores above one that was not; ties count half.

    For a single entry 1 - (rank - 1) / (|R| - 1).
    """
    above, level = _compare(score, entered)
    return float(1.0 - (above + 0.5 * level).mean() / (~entered).sum())


def precision_at_wave(score: Array, entered: NDArray[np.bool_]) -> float:
    """Share of the k markets of highest score that were entered, k the size of the wave.

    Of markets that tie at the edge, each counts with the chance of being drawn.
    """
    size = int(entered.sum())
    edge = np.sort(score)[::-1][size - 1]
    inside, level = score > edge, score == edge
    drawn = (size - inside.sum()) / level.sum()
    return float((entered[inside].sum() + drawn * entered[level].sum()) / size)


def filtered_ranks(score: Array, entered: NDArray[np.bool_]) -> Array:
    """1 + the number of markets not entered that rank above; of ties, half. Axis entry."""
    above, level = _compare(score, entered)
    return 1.0 + above + 0.5 * level


def _compare(score: Array, entered: NDArray[np.bool_]) -> tuple[Array, Array]:
    """How many markets that were not entered score above each entered one, and level with it."""
    ours, others = score[entered, None], score[None, ~entered]
    return (others > ours).sum(axis=1).astype(float), (others == ours).sum(axis=1).astype(float)


def foretell(wave: Wave, score: Array, probability: Array) -> Foretold:
    """All metrics of one wave.

    Parameters
    ----------
    wave : Wave
    score : array (risk,)
        The order, highest first.
    probability : array (risk,)
        Of each market to be the next one; sums to one.
    """
    ranks = filtered_ranks(score, wave.entered)
    values = (
        auc(score, wave.entered), precision_at_wave(score, wave.entered), (1.0 / ranks).mean(),
        (ranks <= 20).mean(), np.log(np.maximum(probability[wave.entered], 1e-300)).sum(),
    )  # fmt: skip
    return Foretold(wave.firm, wave.year, wave.size, np.array(values))


def foretell_blind(wave: Wave) -> Foretold:
    """What drawing at random is worth, in expectation."""
    n, size = len(wave.risk), wave.size
    ranks = np.arange(1, n - size + 2)  # each is as likely
    values = (0.5, size / n, (1.0 / ranks).mean(), (ranks <= 20).mean(), -size * np.log(n))
    return Foretold(wave.firm, wave.year, size, np.array(values))


def average(foretold: Sequence[Foretold]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Means over firms with enough scored entries, and the figures of every firm.

    Metrics of order are means over the waves of a firm, log-likelihood over its entries.
    """
    firms = {
        firm: dict(zip(METRICS, _firm(waves).tolist(), strict=True))
        | {"waves": len(waves), "entries": int(sum(wave.size for wave in waves))}
        for firm, waves in _by_firm(foretold).items()
    }
    counted = [firm for firm in firms.values() if firm["entries"] >= FEWEST_ENTRIES]
    if not counted:
        return dict.fromkeys(METRICS, float("nan")), firms
    return {key: float(np.mean([firm[key] for firm in counted])) for key in METRICS}, firms


def differ(ours: Sequence[Foretold], theirs: Sequence[Foretold]) -> dict[str, tuple[float, ...]]:
    """Mean difference of two answers to the same waves, with an interval of 95 %.

    From resampling the firms, and within each firm its waves, both with replacement: firms are
    few, and waves of one firm are alike.

    Returns
    -------
    dict of str to (mean, low, high)
    """
    generator = np.random.default_rng(SEED)
    pairs = [
        (np.array([wave.values for wave in mine]) - np.array([wave.values for wave in other]),
         np.array([wave.size for wave in mine]))
        for mine, other in zip(_by_firm(ours).values(), _by_firm(theirs).values(), strict=True)
        if sum(wave.size for wave in mine) >= FEWEST_ENTRIES
    ]  # fmt: skip
    if not pairs:
        return {key: (float("nan"),) * 3 for key in METRICS}

    def average_rows(firm: int, rows: NDArray[np.int64]) -> Array:
        """Differences of a firm over some of its waves, axes (..., metric); rows (..., wave)."""
        away, sizes = pairs[firm]
        entries = sizes[rows].sum(axis=-1, keepdims=True)
        chosen = away[rows]
        orders, total = chosen[..., :-1].mean(axis=-2), chosen[..., -1].sum(axis=-1, keepdims=True)
        return np.concatenate([orders, total / entries], axis=-1)

    whole = np.mean([average_rows(k, np.arange(len(pair[1]))) for k, pair in enumerate(pairs)], 0)
    drawn = generator.integers(len(pairs), size=(RESAMPLES, len(pairs)))
    draws = np.zeros((RESAMPLES, len(METRICS)))
    for firm, (_, sizes) in enumerate(pairs):
        sample, _ = np.nonzero(drawn == firm)
        rows = generator.integers(len(sizes), size=(len(sample), len(sizes)))
        np.add.at(draws, sample, average_rows(firm, rows) / len(pairs))
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return {key: (float(whole[k]), float(low[k]), float(high[k])) for k, key in enumerate(METRICS)}


def include(probability: Array, size: int) -> Array:
    """Chance of each market to be among the `size` markets of a wave, drawn without putting back.

    As if each were reached by itself at a rate in proportion to its probability, until `size` are
    expected: 1 - exp(-rate p), which sums to `size`. Axis risk.
    """
    low, high = 0.0, 1.0
    while -np.expm1(-high * probability).sum() < size and high < 1e12:
        high *= 2.0
    for _ in range(200):
        rate = (low + high) / 2.0
        short = -np.expm1(-rate * probability).sum() < size
        low, high = (rate, high) if short else (low, rate)
    return -np.expm1(-high * probability)


def reliability(waves: Sequence[Wave], probabilities: Sequence[Array]) -> list[dict[str, float]]:
    """Forecast against outcome by size of the forecast: the chance to be in the wave.

    Returns
    -------
    list of dict
        `low`, `high` (of the chance), `markets` (how many were forecast so), `foretold` and
        `entered` (numbers of entries).
    """
    edges = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    pairs = list(zip(waves, probabilities, strict=True))
    chance = np.concatenate([include(p, wave.size) for wave, p in pairs] or [np.empty(0)])
    entered = np.concatenate([wave.entered for wave, _ in pairs] or [np.empty(0, bool)])
    rows = []
    for low, high in pairwise(edges):
        inside = (chance >= low) & ((chance < high) | (high == edges[-1]))
        rows.append({
            "low": low, "high": high, "markets": int(inside.sum()),
            "foretold": float(chance[inside].sum()), "entered": int(entered[inside].sum()),
        })  # fmt: skip
    return rows


def now_or_later(wave: Wave, score: Array, later: NDArray[np.bool_]) -> float | None:
    """Chance that a market entered now scores above one that the firm entered later.

    `later`: which markets of the risk set were; None where none was.
    """
    if not later.any():
        return None
    kept = wave.entered | later
    return auc(score[kept], wave.entered[kept])


def _by_firm(foretold: Sequence[Foretold]) -> Mapping[str, list[Foretold]]:
    found: dict[str, list[Foretold]] = {}
    for wave in foretold:
        found.setdefault(wave.firm, []).append(wave)
    return found


def _firm(waves: Sequence[Foretold]) -> Array:
    values = np.array([wave.values for wave in waves])
    entries = sum(wave.size for wave in waves)
    return np.append(values[:, :-1].mean(axis=0), values[:, -1].sum() / entries)
