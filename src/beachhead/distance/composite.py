"""One distance out of six or seven: how foreign a market is to a firm from home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.data import Panel
from beachhead.distance.components import Matrix, measure
from beachhead.errors import InputError, Problem, suggest

# One unit of a scaled component is one standard deviation over all pairs of economies, taken once
# (figures visible at the middle of 2024) and fixed: no set of markets rescales another's distance.
# Blocs are the exception. So few pairs share one that the standard deviation is a sixth, and a tie
# that nearly all lack would outweigh everything else: 0.5, as if half of the pairs shared one
# (Gelman 2008 on inputs that are 0 or 1), which puts it beside language, as trade does.
SCALES: dict[str, float] = {
    "geography": 0.61,
    "language": 0.44,
    "institutions": 0.69,
    "income": 1.00,
    "administration": 0.35,
    "blocs": 0.50,
}

# Equal, since the evidence does not tell them apart. Judgement; a case may set its own.
WEIGHTS: dict[str, float] = dict.fromkeys((*SCALES, "culture"), 1.0)


def composite(
    panel: Panel,
    home: str,
    markets: Sequence[str],
    *,
    cultural: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Distance of each market from home: weighted mean of its components on fixed scales.

    Parameters
    ----------
    panel : Panel
    home : str
        ISO3 code of the home market.
    markets : sequence of str
        ISO3 codes; the order is kept. Home itself is at distance 0.
    cultural : sequence of str
        Columns of figures that make up the component `culture`, as `[distance] culture` of a
        case; without any there are six components.
    weights : mapping, optional
        Component -> weight; one that is not named is left out. Empty or left out: `WEIGHTS`.

    Returns
    -------
    polars.DataFrame
        iso3; distance, the weighted mean over the known components, null if none is; one column
        per component in units of `scales` (0 is like home, 1 one standard deviation over the
        pairs of the world), null where not known; known, the share of the weights that is known;
        note, which components are missing.

    Raises
    ------
    InputError
        If the panel has no such market or column, or for weights that name no component in use,
        are negative or sum to zero.
    """
    here = {iso3: k for k, iso3 in enumerate(panel.codes)}
    row, columns = here[panel.find(home)], [here[panel.find(market)] for market in markets]
    chosen = choose_weights(weights or {}, cultural)
    raw = measure(panel, cultural)
    scaled = {
        name: raw[name][row, columns] / scale for name, scale in scales(raw).items()
        if name in chosen
    }  # fmt: skip
    at_home = np.array(columns, dtype=int) == row
    for component in scaled.values():
        component[at_home] = 0.0
    distance, share = combine(scaled, chosen)
    notes = [
        ", ".join(f"no {name}" for name, there in zip(scaled, known, strict=True) if not there)
        for known in np.isfinite(np.stack(list(scaled.values()), axis=-1))
    ]
    frame = pl.DataFrame(
        {"iso3": list(markets), "distance": distance, **scaled, "known": share},
        schema_overrides={"iso3": pl.String},
    )
    return frame.with_columns(
        pl.col("distance", *scaled).fill_nan(None), pl.Series("note", notes, dtype=pl.String)
    )


def scales(raw: Mapping[str, Matrix]) -> dict[str, float]:
    """What one unit of each component is: `SCALES`, and for culture what its own columns show.

    Culture comes from a file whose columns nobody knows in advance: its unit is the standard
    deviation over all pairs of markets that have scores, candidates or not.
    """
    found = dict(SCALES)
    if "culture" in raw:
        pairs = raw["culture"][np.triu_indices(len(raw["culture"]), 1)]
        pairs = pairs[np.isfinite(pairs)]
        spread = float(pairs.std()) if pairs.size else 0.0
        found["culture"] = spread if spread > 0 else 1.0
    return found


def choose_weights(weights: Mapping[str, float], cultural: Sequence[str]) -> dict[str, float]:
    """Weights of the components in use, scaled to sum to 1; see `composite`."""
    known = [name for name in WEIGHTS if name != "culture" or cultural]
    problems = []
    for name, weight in weights.items():
        where = f"distance.weights.{name}"
        if name == "culture" and not cultural:
            fix = "Name the columns in distance.culture, or leave the weight out."
            problems.append(Problem("a weight for culture, of which nothing is known", where, fix))
        elif name not in known:
            hint = suggest(name, known) or f"Known are {', '.join(known)}."
            problems.append(Problem(f"no component of distance {name!r}", where, hint))
        if not 0 <= weight < float("inf"):
            what = f"the weight of {name} is {weight}"
            problems.append(Problem(what, where, "Give zero or more."))
    if weights and not problems and not 0 < sum(weights.values()) < float("inf"):
        what = "the weights are all zero, or have no sum"
        problems.append(Problem(what, "distance.weights", "Give one above zero, none too large."))
    if problems:
        raise InputError(*problems)
    chosen = {name: (weights or WEIGHTS).get(name, 0.0) for name in known}
    total = sum(chosen.values())
    return {name: weight / total for name, weight in chosen.items() if weight > 0}


def combine(
    scaled: Mapping[str, Matrix], weights: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted mean over the known components (NaN where none is), and the weights' known share."""
    parts = np.stack([scaled[name] for name in weights], axis=-1)
    known = np.isfinite(parts)
    values = np.array(list(weights.values()))
    share = (known * values).sum(axis=-1)
    total = np.where(known, parts * values, 0.0).sum(axis=-1)
    return np.where(share > 0, total / np.where(share > 0, share, 1.0), np.nan), share
