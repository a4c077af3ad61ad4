"""How well an order of markets foretold the order in which they were entered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS, SEED = 2000, 1  # of orders at random
EDGES = (0.05, 0.95)  # ends of their interval


@dataclass(frozen=True)
class Span:
    """Quarters of the horizon within which a market was first entered; alike where it is known.

    Where only the year is known, its first and last quarter, as far as they are in the horizon.
    """

    first: int
    last: int

    @property
    def middle(self) -> int:
        """The quarter that stands for it where one is needed."""
        return (self.first + self.last + 1) // 2


@dataclass(frozen=True)
class Within:
    """How an order picked those that were entered within some quarters of the horizon.

    Attributes
    ----------
    quarters : int
    entered, judged : int
        Markets entered by then, and all of which it is known whether they were.
    precision : float or None
        Share that was entered of the `entered` markets that the order puts first, of those judged.
        Of markets that tie at the edge each counts with its chance of being drawn.
    auc : float or None
        Chance that the order puts one that was entered before one that was not; ties count half.
    known : float or None
        Share of the `entered` markets that the order puts first, judged or not, that are judged.
    chosen, right : int
        Of the judged markets, those that a dated order enters by then, and how many of these were
        entered by then; 0 where it has no dates. `right / entered` is its recall.

    A figure is None where nothing, or everything, was entered by then.
    """

    quarters: int
    entered: int
    judged: int
    precision: float | None
    auc: float | None
    known: float | None
    chosen: int = 0
    right: int = 0


@dataclass(frozen=True)
class Order:
    """An order of markets beside the true one.

    Attributes
    ----------
    name, words : str
    placed : int
        Markets that it has a place for; it leaves the others to the end, tied.
    pairs : int
        Pairs of markets placed and entered whose true order is known.
    right, tied : int
        Of these, those in the same order, and those that it places together.
    within : tuple of Within
    """

    name: str
    words: str
    placed: int
    pairs: int
    right: int
    tied: int
    within: tuple[Within, ...]

    @property
    def concordance(self) -> float | None:
        """Share in the right order of the pairs that it puts in an order."""
        told = self.pairs - self.tied
        return self.right / told if told else None

    @property
    def tau(self) -> float | None:
        """Kendall's tau: right less wrong pairs, over all whose true order is known."""
        wrong = self.pairs - self.right - self.tied
        return (self.right - wrong) / self.pairs if self.pairs else None


@dataclass(frozen=True)
class Chance:
    """Orders drawn at random: each figure's mean, and what nine in ten of them lie within.

    `tau`, `precision` and `auc` (axis window) are (low, mean, high); None where there is none.
    """

    tau: tuple[float, float, float] | None
    precision: tuple[tuple[float, float, float] | None, ...]
    auc: tuple[tuple[float, float, float] | None, ...]


def compare(
    name: str,
    words: str,
    place: Mapping[str, float],
    entered: Mapping[str, Span],
    judged: Sequence[str],
    candidates: Sequence[str],
    windows: Sequence[int],
    *,
    dated: bool,
) -> Order:
    """Hold an order against what was entered.

    Parameters
    ----------
    name, words : str
    place : mapping
        Market -> place, the first the lowest; of a dated order the quarter of entry.
    entered : mapping
        Market -> when it was first entered, within the horizon.
    judged : sequence of str
        Candidates of which it is known whether they were entered.
    candidates : sequence of str
        All that could be entered.
    windows : sequence of int
        Numbers of quarters, within which a market was entered or not.
    dated : bool
        Whether places are quarters.
    """
    pairs, right, tied = count_pairs(place, entered)
    return Order(
        name, words, len(place), pairs, right, tied,
        tuple(_look(place, entered, judged, candidates, end, dated) for end in windows),
    )  # fmt: skip


def count_pairs(place: Mapping[str, float], entered: Mapping[str, Span]) -> tuple[int, int, int]:
    """Pairs whose true order is known, of these those placed likewise, and those placed together.

    The true order of two is known where the one was entered for sure before the other.
    """
    both = sorted(place.keys() & entered.keys())
    pairs = right = tied = 0
    for one, other in combinations(both, 2):
        if entered[other].last < entered[one].first:
            one, other = other, one
        elif entered[one].last >= entered[other].first:
            continue
        pairs += 1
        right += place[one] < place[other]
        tied += place[one] == place[other]
    return pairs, right, tied


def _look(
    place: Mapping[str, float],
    entered: Mapping[str, Span],
    judged: Sequence[str],
    candidates: Sequence[str],
    end: int,
    dated: bool,
) -> Within:
    def is_in(iso3: str) -> bool:
        return iso3 in entered and entered[iso3].middle < end

    def by_then(iso3: str) -> bool:
        return dated and place.get(iso3, math.inf) < end

    was = np.array([is_in(iso3) for iso3 in judged], dtype=bool)
    score = np.array([-place.get(iso3, math.inf) for iso3 in judged])
    size = int(was.sum())
    looked = frozenset(judged)
    known = np.array([iso3 in looked for iso3 in candidates], dtype=bool)
    all_scores = np.array([-place.get(iso3, math.inf) for iso3 in candidates])
    chosen = [iso3 for iso3 in judged if by_then(iso3)]
    return Within(
        quarters=end,
        entered=size,
        judged=len(judged),
        precision=share_of_first(score, was, size),
        auc=auc(score, was),
        known=share_of_first(all_scores, known, size),
        chosen=len(chosen),
        right=sum(map(is_in, chosen)),
    )


def share_of_first(score: Floats, marked: NDArray[np.bool_], size: int) -> float | None:
    """Share that is marked of the `size` of highest score; None where there are none so many.

    Of those that tie at the edge each counts with its chance of being drawn.
    """
    if not 0 < size < score.size:
        return None
    edge = np.sort(score)[::-1][size - 1]
    inside, level = score > edge, score == edge
    drawn = (size - inside.sum()) / level.sum()
    return float((marked[inside].sum() + drawn * marked[level].sum()) / size)


def auc(score: Floats, entered: NDArray[np.bool_]) -> float | None:
    """Chance that an entered one scores above one that was not, ties counting half.

    For a single entry without ties 1 - (rank - 1) / (|R| - 1). None where either kind lacks.
    """
    if entered.all() or not entered.any():
        return None
    ours, others = score[entered][:, None], score[~entered][None, :]
    return float(((ours > others) + 0.5 * (ours == others)).mean())


def draw(entered: Mapping[str, Span], judged: Sequence[str], windows: Sequence[int]) -> Chance:
    """What orders at random come to; the draws are the same for the same markets."""
    generator = np.random.default_rng(SEED)
    found = []
    for _ in range(DRAWS):
        ranks = generator.permutation(len(judged)).astype(float)
        place = dict(zip(judged, ranks.tolist(), strict=True))
        found.append(compare("", "", place, entered, judged, judged, windows, dated=False))

    def spread(values: list[float | None]) -> tuple[float, float, float] | None:
        kept = [value for value in values if value is not None]
        if not kept:
            return None
        low, high = np.quantile(kept, EDGES)
        return float(low), float(np.mean(kept)), float(high)

    each = range(len(windows))
    return Chance(
        spread([order.tau for order in found]),
        tuple(spread([order.within[k].precision for order in found]) for k in each),
        tuple(spread([order.within[k].auc for order in found]) for k in each),
    )
