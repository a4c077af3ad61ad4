"""Criteria -> ranking: by a weighted sum that can be read, with what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from beachhead.cases.inputs import overlay
from beachhead.screening.agreement import agree
from beachhead.screening.criteria import Criterion
from beachhead.screening.effective import effective
from beachhead.screening.promethee import linear, promethee
from beachhead.screening.settings import COLUMNS_AFTER, COLUMNS_BEFORE, Floor, read_settings
from beachhead.screening.smaa import smaa
from beachhead.screening.topsis import topsis
from beachhead.screening.weighted import weighted_sum

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Figure, Panel

Floats = NDArray[np.float64]
Ranks = NDArray[np.int64]

METHODS = {"weighted_sum": "weighted sum", "topsis": "TOPSIS", "promethee": "PROMETHEE"}
LEAST_COVERAGE = 0.6  # share of the weights without which a score says too little to be ranked
FIRST = 10  # markets that a firm looks at more closely
# Leads of worth, of 0 to 1, that PROMETHEE passes over and that it takes for full; judgement.
INDIFFERENCE, PREFERENCE = 0.05, 0.30


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates by score, with what makes up each score and how firm each rank is.

    Attributes
    ----------
    home : str
        ISO3 code of the home market.
    as_of : date or None
        Date on which the figures were visible.
    method : {'weighted_sum', 'topsis', 'promethee'}
        Score that ranks.
    criteria : tuple of Criterion
        Those with a weight, weights summing to 1.
    table : polars.DataFrame
        One row per candidate, best first:

        - rank: null where coverage is too small, or a figure short of a floor;
        - iso3, name;
        - score (0..1): by `method`, or as overridden; PROMETHEE's flow f counts as (f + 1) / 2;
        - coverage: share of the weights with a figure;
        - one column per criterion with its contribution to the weighted sum (null for no figure;
          they sum to `weighted_sum`);
        - weighted_sum, topsis (0..1), promethee (net flow, -1..1, relative to these candidates):
          from the figures alone, never overridden;
        - rank_weighted_sum, rank_topsis, rank_promethee: ranks by these;
        - rank_low, rank_high, first_ten: ranks within which nine of ten random weightings of the
          criteria put it, and the share that put it among the first `FIRST`; overridden scores
          hold in all of them;
        - below, unchecked: floors that it falls short of, and those for which there is no figure;
        - override: the reason, where somebody set the score;
        - holes (criteria without a figure, and why), older (figures older than those of most
          economies), own (figures of the case's own).
    weights : polars.DataFrame
        criterion, declared, effective (see `effective`; null where it cannot be said), over (the
        number of ranked markets without holes, on which `effective` rests).
    agreement : polars.DataFrame
        one, other (methods), tau, shared (of the first ten), first (ten, or all if fewer).
    without : polars.DataFrame
        What leaving a criterion out does to the order by `method`: criterion, tau, changed (how
        many of the first ten go), moved (largest move, in ranks), market (whose).
    """

    home: str
    as_of: date | None
    method: str
    criteria: tuple[Criterion, ...]
    table: pl.DataFrame
    weights: pl.DataFrame
    agreement: pl.DataFrame
    without: pl.DataFrame


def screen(case: Case, panel: Panel) -> Ranking:
    """Rank the candidates of a case by criteria on fixed anchors.

    A figure x_k is worth u_k, 0 to 1, linear or logarithmic between two anchors that belong to the
    criterion and not to the markets compared: adding or removing a market changes nobody else's
    weighted sum, sum_k w_k u_k / sum_k w_k over the criteria with a figure, nor its closeness by
    TOPSIS, whose ideal is worth 1 in everything and whose opposite 0. PROMETHEE compares
    the candidates with one another and has no such property. What is missing is neither filled nor
    counted as bad; it lowers `coverage` and stands in `holes`. A market with less than
    `LEAST_COVERAGE` is listed without a rank, and so is one short of a floor; one whose figure
    for a floor is missing passes. A score set by hand needs no coverage, but no floor yields to it.

    Parameters
    ----------
    case : Case
        Gives home, candidates and what `[screening]` and `[distance]` say.
    panel : Panel
        The case's own figures stand in place of its.

    Raises
    ------
    InputError
        With everything that is wrong with these tables: names of no criterion, column or
        component, anchors that are no scale, weights that are negative or sum to zero.
    """
    panel = overlay(case, panel)
    settings = read_settings(case, panel)
    criteria = settings.criteria
    home = panel.find(case.firm.home)
    markets = case.candidate_iso3(panel)
    measured = [criterion.measure(panel, home, markets) for criterion in criteria]
    worths = _worths(criteria, measured, len(markets))
    declared = np.array([criterion.weight for criterion in criteria])
    known = np.isfinite(worths)
    coverage = np.minimum((known * declared).sum(axis=1), 1.0)
    parts = declared * worths / np.where(coverage > 0, coverage, 1.0)[:, None]
    below, unchecked = _gate(settings.floors, panel, home, markets)
    scores = {method: score(method, worths, declared) for method in METHODS}
    given = np.array([settings.overrides.get(iso3, (np.nan, ""))[0] for iso3 in markets])
    final = np.where(np.isfinite(given), given, _unit(settings.method, scores[settings.method]))
    enough = (coverage >= LEAST_COVERAGE - 1e-9) | np.isfinite(given)
    ranked = enough & np.array([not text for text in below], dtype=bool)
    holes, older, own = _notes(criteria, measured, len(markets))
    frame = pl.DataFrame(
        {
            "iso3": list(markets),
            "name": [panel.name(iso3) for iso3 in markets],
            "ranked": ranked,
            "score": final,
            "coverage": coverage,
            **{criterion.key: parts[:, k] for k, criterion in enumerate(criteria)},
            **scores,
            "below": below,
            "unchecked": unchecked,
            "override": [settings.overrides.get(iso3, (0.0, ""))[1] for iso3 in markets],
            "holes": holes,
            "older": older,
            "own": own,
        },
        schema_overrides=dict.fromkeys(
            ("iso3", "name", "below", "unchecked", "override", "holes", "older", "own"), pl.String
        ),
    )
    return complete(home, panel.as_of, settings.method, criteria, _rank(frame, worths, given))


def complete(
    home: str,
    as_of: date | None,
    method: str,
    criteria: tuple[Criterion, ...],
    table: pl.DataFrame,
) -> Ranking:
    """Ranking out of its table: the rest follows from the contributions in it.

    Parameters
    ----------
    home, as_of, method, criteria, table
        As in `Ranking`.
    """
    ranked = table.filter(pl.col("rank").is_not_null())
    declared = np.array([criterion.weight for criterion in criteria])
    keys = [criterion.key for criterion in criteria]
    parts = _floats(ranked.select(keys))
    coverage = _floats(ranked.select("coverage"))
    whole = np.isfinite(parts).all(axis=1)
    weights = pl.DataFrame(
        {
            "criterion": keys,
            "declared": declared,
            "effective": effective(parts[whole]),
            "over": [int(whole.sum())] * len(keys),
        }
    ).with_columns(pl.col("effective").fill_nan(None))
    return Ranking(
        home, as_of, method, criteria, table, weights,
        _compare(ranked), _leave_out(ranked, method, keys, parts * coverage / declared, declared),
    )  # fmt: skip


def score(method: str, worths: Floats, weights: Floats) -> Floats:
    """Scores of alternatives by one of `METHODS`, in its own unit; NaN where nothing is known.

    Parameters
    ----------
    method : str
        Key of `METHODS`.
    worths : array (alternative, criterion)
        0 to 1; NaN where not known.
    weights : array (criterion,)
    """
    more = np.ones(len(weights))
    if method == "topsis":
        return topsis(worths, weights, more, ideals=(more, 0.0 * more))
    if method == "promethee":
        flows = promethee(worths, weights, more, [linear(INDIFFERENCE, PREFERENCE)] * len(weights))
        return np.where(np.isfinite(worths).any(axis=1), flows, np.nan)
    return weighted_sum(worths, weights)


def _unit(method: str, scores: Floats) -> Floats:
    """Scores on 0..1, so that one set by hand can stand among them."""
    return (scores + 1.0) / 2.0 if method == "promethee" else scores


def _worths(
    criteria: Sequence[Criterion], measured: Sequence[Sequence[Figure]], count: int
) -> Floats:
    worths = np.full((count, len(criteria)), np.nan)
    for k, (criterion, figures) in enumerate(zip(criteria, measured, strict=True)):
        for row, figure in enumerate(figures):
            if figure.value is not None:
                worths[row, k] = criterion.worth(figure.value)
    return worths


def _gate(
    floors: Sequence[Floor], panel: Panel, home: str, markets: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Floors that each market falls short of, and those that nothing is known about."""
    below: list[list[str]] = [[] for _ in markets]
    unchecked: list[list[str]] = [[] for _ in markets]
    for floor in floors:
        key = floor.criterion.key
        for row, figure in enumerate(floor.criterion.measure(panel, home, markets)):
            if figure.value is None:
                unchecked[row].append(key)
            elif not floor.admits(figure.value):
                below[row].append(f"{key} {figure.value:,.4g}, floor {floor.figure:,.4g}")
    return ["; ".join(texts) for texts in below], ["; ".join(texts) for texts in unchecked]


def _notes(
    criteria: Sequence[Criterion], measured: Sequence[Sequence[Figure]], count: int
) -> tuple[list[str], list[str], list[str]]:
    """Holes, older and own figures of each market, in words."""
    told: dict[str, list[list[str]]] = {
        kind: [[] for _ in range(count)] for kind in ("holes", "older", "own")
    }
    for criterion, figures in zip(criteria, measured, strict=True):
        for row, figure in enumerate(figures):
            if figure.note:
                kind = figure.status if figure.status in told else "holes"
                told[kind][row].append(f"{criterion.key}: {figure.note}")
    holes, older, own = (["; ".join(texts) for texts in rows] for rows in told.values())
    return holes, older, own


def _rank(frame: pl.DataFrame, worths: Floats, given: Floats) -> pl.DataFrame:
    """Columns of the ranking in their order: ranked markets by score, then the others."""
    frame = frame.with_columns(
        pl.col(pl.Float64).fill_nan(None), pl.int_range(pl.len(), dtype=pl.Int64).alias("row")
    ).sort(~pl.col("ranked"), -pl.col("score"), "iso3", nulls_last=True)
    inside = frame.filter("ranked")
    rows = inside["row"].to_numpy()
    random = smaa(worths[rows], given[rows])
    ranks: dict[str, NDArray[np.int64] | Floats] = {
        "rank": np.arange(1, len(rows) + 1),
        **{f"rank_{method}": _order(_floats(inside.select(method))[:, 0]) for method in METHODS},
        "rank_low": random.low,
        "rank_high": random.high,
        "first_ten": random.within(FIRST),
    }
    found = pl.DataFrame(
        {"row": rows, **ranks},
        schema_overrides={name: pl.Float64 if name == "first_ten" else pl.UInt16 for name in ranks},
    )
    criteria = [
        name for name in frame.columns
        if name not in (*COLUMNS_BEFORE, *COLUMNS_AFTER, "ranked", "row")
    ]  # fmt: skip
    joined = frame.join(found, on="row", how="left", maintain_order="left")
    return joined.select(*COLUMNS_BEFORE, *criteria, *COLUMNS_AFTER)


def _order(scores: Floats) -> Ranks:
    """Ranks from 1 by falling score; equal ones, and those without one, by row."""
    order = np.argsort(np.where(np.isfinite(scores), -scores, np.inf), kind="stable")
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[order] = np.arange(1, len(scores) + 1)
    return ranks


def _compare(ranked: pl.DataFrame) -> pl.DataFrame:
    """Agreement of each two methods on the ranked markets."""
    ranks = {name: ranked[f"rank_{name}"].to_numpy().astype(np.int64) for name in METHODS}
    found = [
        (one, other, agree(ranks[one], ranks[other], FIRST))
        for one, other in combinations(METHODS, 2)
    ]
    return pl.DataFrame(
        [(one, other, both.tau, both.shared, both.first) for one, other, both in found],
        schema={"one": pl.String, "other": pl.String, "tau": pl.Float64, "shared": pl.Int64,
                "first": pl.Int64},
        orient="row",
    ).with_columns(pl.col("tau").fill_nan(None))  # fmt: skip


def _leave_out(
    ranked: pl.DataFrame, method: str, keys: Sequence[str], worths: Floats, weights: Floats
) -> pl.DataFrame:
    """What the order of the ranked markets owes to each criterion."""
    full = np.arange(1, ranked.height + 1)
    set_by_hand = (ranked["override"] != "").to_numpy()
    given = _floats(ranked.select("score"))[:, 0]
    rows = []
    for k, key in enumerate(keys):
        if len(keys) == 1:
            break
        kept = np.arange(len(keys)) != k
        scores = _unit(method, score(method, worths[:, kept], weights[kept]))
        found = agree(full, _order(np.where(set_by_hand, given, scores)), FIRST)
        name = ranked["name"][found.mover] if found.mover >= 0 else ""
        rows.append((key, found.tau, found.first - found.shared, found.moved, name))
    return pl.DataFrame(
        rows,
        schema={"criterion": pl.String, "tau": pl.Float64, "changed": pl.Int64,
                "moved": pl.Int64, "market": pl.String},
        orient="row",
    ).with_columns(pl.col("tau").fill_nan(None))  # fmt: skip


def _floats(frame: pl.DataFrame) -> Floats:
    """Values with NaN for null, axes (row, column)."""
    filled = frame.select(pl.all().cast(pl.Float64).fill_null(float("nan")))
    return filled.to_numpy().reshape(frame.height, frame.width)
