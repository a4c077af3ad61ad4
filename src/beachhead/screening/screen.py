"""Criteria -> ranking, by a weighted sum that can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from beachhead.cases import overlay
from beachhead.errors import InputError, Problem, suggest
from beachhead.screening.criteria import CRITERIA, Criterion

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.data import Figure, Panel

LEAST_COVERAGE = 0.6  # share of the weights without which a score says too little to be ranked


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates by score, with what makes up each score.

    Attributes
    ----------
    home : str
        ISO3 code of the home market.
    as_of : date or None
        Date on which the figures were visible.
    criteria : tuple of Criterion
        Those with a weight, weights summing to 1.
    table : polars.DataFrame
        rank (null where coverage is too small to rank), iso3, name, score (0..1), coverage
        (share of the weights with a figure), one column per criterion with its contribution to
        the score (null for no figure; they sum to the score), holes (criteria without a figure,
        and why), older (figures older than those of most economies), own (figures of the case's
        own). Best first.
    """

    home: str
    as_of: date | None
    criteria: tuple[Criterion, ...]
    table: pl.DataFrame


def screen(case: Case, panel: Panel) -> Ranking:
    """Rank the candidates of a case by a weighted sum of criteria on fixed anchors.

    score = sum_k w_k u_k(x_k) / sum_k w_k over the criteria with a figure, u_k linear or
    logarithmic between two anchors that belong to the criterion (`CRITERIA`) and not to the
    markets compared: adding or removing a market changes nobody else's score. What is missing is
    neither filled nor counted as bad; it lowers `coverage` and stands in `holes`. A market with
    less than `LEAST_COVERAGE` is listed without a rank.

    Parameters
    ----------
    case : Case
        Gives home, candidates and, if any, the weights: those named are then the whole set.
    panel : Panel
        The case's own figures stand in place of its.

    Raises
    ------
    InputError
        For weights that name no criterion, are negative or sum to zero.
    """
    panel = overlay(case, panel)
    criteria = weigh(CRITERIA, case.screening.weights)
    home = panel.find(case.firm.home)
    markets = case.candidate_iso3(panel)
    measured = [criterion.measure(panel, home, markets) for criterion in criteria]
    rows = [
        (market, panel.name(market), *_score(criteria, figures))
        for market, *figures in zip(markets, *measured, strict=True)
    ]
    schema = {
        "iso3": pl.String,
        "name": pl.String,
        "score": pl.Float64,
        "coverage": pl.Float64,
        **{criterion.key: pl.Float64 for criterion in criteria},
        "holes": pl.String,
        "older": pl.String,
        "own": pl.String,
    }
    return Ranking(home, panel.as_of, criteria, _rank(pl.DataFrame(rows, schema, orient="row")))


def weigh(criteria: Sequence[Criterion], weights: Mapping[str, float]) -> tuple[Criterion, ...]:
    """Criteria with the given weights in place of their own, scaled to sum to 1.

    Parameters
    ----------
    criteria : sequence of Criterion
    weights : mapping
        Criterion -> weight; a criterion that is not named is left out. Empty: own weights.

    Raises
    ------
    InputError
        For names that are no criterion, weights below zero, and weights that sum to zero.
    """
    own = {criterion.key: criterion.weight for criterion in criteria}
    where = "screening.weights"
    problems: list[Problem] = []
    for key, weight in weights.items():
        if key not in own:
            hint = suggest(key, own) or f"Known are {', '.join(own)}."
            problems.append(Problem(f"no criterion {key!r}", f"{where}.{key}", hint))
        if not 0 <= weight < float("inf"):
            what = f"the weight of {key} is {weight}"
            problems.append(Problem(what, f"{where}.{key}", "Give zero or more."))
    chosen = dict(weights) or own
    total = sum(chosen.values())
    if not problems and total == 0:
        problems.append(Problem("all weights are zero", where, "Give one above zero."))
    if problems:
        raise InputError(*problems)
    return tuple(
        replace(criterion, weight=chosen[criterion.key] / total)
        for criterion in criteria
        if chosen.get(criterion.key, 0) > 0
    )


def check_weights(case: Case) -> list[Problem]:
    """What is wrong with a case's weights; `where` is the key."""
    try:
        weigh(CRITERIA, case.screening.weights)
    except InputError as error:
        return list(error.problems)
    return []


def _score(
    criteria: Sequence[Criterion], figures: Sequence[Figure]
) -> tuple[float | str | None, ...]:
    """Score, coverage, contributions, holes, older and own figures of one market."""
    pairs = list(zip(criteria, figures, strict=True))
    parts = [
        None if figure.value is None else criterion.weight * criterion.worth(figure.value)
        for criterion, figure in pairs
    ]
    coverage = sum(criterion.weight for criterion, figure in pairs if figure.value is not None)
    parts = [None if part is None else part / coverage for part in parts]
    score = sum(part for part in parts if part is not None) if coverage else None
    words = [
        (figure.status, f"{criterion.key}: {figure.note}")
        for criterion, figure in pairs
        if figure.note
    ]
    holes = "; ".join(text for status, text in words if status not in ("older", "own"))
    older = "; ".join(text for status, text in words if status == "older")
    own = "; ".join(text for status, text in words if status == "own")
    return score, min(1.0, coverage), *parts, holes, older, own


def _rank(table: pl.DataFrame) -> pl.DataFrame:
    """Ranked markets by score, then those with too little coverage, without a rank."""
    ranked = pl.col("coverage") >= LEAST_COVERAGE - 1e-9
    table = table.sort(~ranked, -pl.col("score"), "iso3", nulls_last=True)
    rank = pl.when(ranked).then(pl.int_range(1, pl.len() + 1, dtype=pl.UInt16))
    return table.select(rank.alias("rank"), pl.all())
