"""Named ways of expanding, each at its own best pace: what the plan is held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beachhead.planning.limits import keep_limits
from beachhead.planning.valuation import Valuer
from beachhead.simulation.state import NEVER

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]

PACES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)  # launches a year
COUNTS = (1, 2, 4, 7, 12, 20, 35, 60, 100, 200)  # markets, after which it stops

WORDS = {
    "stay at home": "enters nowhere",
    "waterfall": "nearest market first",
    "sprinkler": "all at once, as fast as the limits allow",
    "biggest first": "largest market first",
    "best score first": "in the order of the screening",
}


@dataclass(frozen=True)
class Named:
    """A named strategy at the pace and length that suit it best.

    `pace` is launches a year, None where it has none.
    """

    name: str
    pace: float | None
    enter: Integers
    option: Integers


def find_best(
    valuer: Valuer,
    orders: dict[str, Integers],
    alone: Floats,
    rows: Integers,
    beside: tuple[Integers, Integers] | None = None,
) -> list[Named]:
    """Every named strategy at its own best pace, number of markets and ways of entering.

    Parameters
    ----------
    valuer : Valuer
        Of the search's worlds; the best is that of the largest fitness on them.
    orders : dict
        For each strategy with an order, markets (rows along axis market) in that order.
    alone : array
        Value of each market by entry quarter and option if it were the only one, axes (quarter,
        option, market), -inf where not allowed. Strategies pass over markets that lose money alone
        in every way, and enter either all in one mode or each in the way that is best alone.
    rows : array
        Markets that may be entered.
    beside : (enter, option), optional
        Measures that are begun with every strategy, along axis row; by default none.

    Notes
    -----
    Every variant is made to keep the limits first: it then enters later, or less.
    """
    markets = alone.shape[2]
    never, none = beside or (
        np.full(valuer.packed.rows, NEVER, dtype=np.int32),
        np.zeros(valuer.packed.rows, dtype=np.int32),
    )
    ways = [np.concatenate([way, none[markets:]]) for way in _ways(valuer, alone)]
    gain = np.where(np.isfinite(alone), alone, -np.inf).max(axis=(0, 1))
    worthwhile = set(rows[gain[rows] > 0.0].tolist())
    home = keep_limits(valuer.setting, never[None], none[None])
    found = [Named("stay at home", None, home[0][0], home[1][0])]
    for name, order in orders.items():
        kept = np.array([row for row in order if row in worthwhile], dtype=np.int64)
        # The sprinkler enters the best of them, but all at the same time.
        paces = (None,) if name == "sprinkler" else PACES
        variants = [
            (pace, enter, way)
            for pace, enter in _variants(kept, paces, never, valuer)
            for way in ways
        ]
        enter = np.stack([never, *(e for _, e, _ in variants)])
        options = np.stack([none, *(way for _, _, way in variants)])
        rank = np.full(markets, float(markets))
        rank[order] = np.arange(order.size)
        enter, options = keep_limits(valuer.setting, enter, options, rank)
        # Within the limits many paces come to the same schedule.
        made = np.concatenate([enter, np.where(enter < NEVER, options, 0)], axis=1)
        _, one, of = np.unique(made, axis=0, return_index=True, return_inverse=True)
        top = int(np.argmax(valuer.scores(enter[one], options[one]).fitness[of]))
        pace = variants[top - 1][0] if top else None
        found.append(Named(name, pace, enter[top], options[top]))
    return found


def _ways(valuer: Valuer, alone: Floats) -> list[Integers]:
    """Options by market: the best one alone, and the best of each mode for all. Axis market."""
    best = np.where(np.isfinite(alone), alone, -np.inf).max(axis=0)  # axes (option, market)
    modes = [mode for mode, _ in valuer.packed.options]
    ways = [best.argmax(axis=0)]
    for mode in dict.fromkeys(modes):
        of_mode = np.array([name == mode for name in modes])
        if np.isfinite(best[of_mode]).any():
            ways.append(np.where(of_mode[:, None], best, -np.inf).argmax(axis=0))
    return [way.astype(np.int32) for way in ways]


def _variants(
    order: NDArray[np.int64], paces: tuple[float | None, ...], never: Integers, valuer: Valuer
) -> Iterator[tuple[float | None, Integers]]:
    """Entry quarters of an order at each pace and length."""
    quarters = valuer.setting.problem.teams.shape[0]
    counts = sorted({min(count, order.size) for count in COUNTS} - {0})
    for pace in paces:
        for count in counts:
            enter = never.copy()
            wait = 0.0 if pace is None else 4.0 / pace
            when = np.floor(np.arange(count) * wait).astype(np.int32)
            enter[order[:count]] = np.where(when < quarters, when, NEVER)
            yield pace, enter
