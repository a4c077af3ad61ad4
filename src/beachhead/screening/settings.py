"""What a case asks of the screening: criteria, weights, floors and overrides, or what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from beachhead.distance import choose_weights
from beachhead.errors import InputError, Problem, suggest
from beachhead.screening.criteria import (
    CRITERIA,
    Criterion,
    Measure,
    measure_distance,
    measure_series,
)

if TYPE_CHECKING:
    from beachhead.cases import Case
    from beachhead.cases.case import OwnCriterion, Screening
    from beachhead.data import Panel

# Columns of the ranking beside those of the criteria: no criterion may bear such a name.
COLUMNS_BEFORE = ("rank", "iso3", "name", "score", "coverage")
COLUMNS_AFTER = (
    "weighted_sum", "topsis", "promethee",
    "rank_weighted_sum", "rank_topsis", "rank_promethee",
    "rank_low", "rank_high", "first_ten",
    "below", "unchecked", "override", "holes", "older", "own",
)  # fmt: skip


@dataclass(frozen=True)
class Floor:
    """A figure short of which a market gets no rank.

    Attributes
    ----------
    criterion : Criterion
        It need not have a weight.
    figure : float
        In the unit of the criterion; where less is better, the most that it may be.
    """

    criterion: Criterion
    figure: float

    def admits(self, value: float) -> bool:
        """Whether a figure passes; the floor itself does."""
        more_is_better = self.criterion.high > self.criterion.low
        return value >= self.figure if more_is_better else value <= self.figure


@dataclass(frozen=True)
class Settings:
    """How the candidates of a case are ranked.

    Attributes
    ----------
    method : str
        Score that ranks.
    criteria : tuple of Criterion
        Those with a weight; the weights sum to 1.
    floors : tuple of Floor
    overrides : dict
        ISO3 code -> (score, reason).
    """

    method: str
    criteria: tuple[Criterion, ...]
    floors: tuple[Floor, ...]
    overrides: dict[str, tuple[float, str]]


def read_settings(case: Case, panel: Panel) -> Settings:
    """Settings out of the tables `[screening]` and `[distance]` of a case.

    Raises
    ------
    InputError
        With everything that is wrong with them.
    """
    screening, distance = case.screening, case.distance
    problems = [*_check_distance(case, panel), *_check_own(screening, panel)]
    known = _collect(screening.criteria, measure_distance(distance.culture, distance.weights))
    floors = []
    for key, figure in screening.floors.items():
        if key in known:
            floors.append(Floor(known[key], figure))
        else:
            problems.append(_unknown(key, known, f"screening.floors.{key}"))
    try:
        criteria = weigh(list(known.values()), screening.weights)
    except InputError as error:
        problems += error.problems
    overrides, faults = _read_overrides(case, panel)
    problems += faults
    if problems:
        raise InputError(*problems)
    return Settings(screening.method, criteria, tuple(floors), overrides)


def check_screening(case: Case, panel: Panel) -> list[Problem]:
    """Everything wrong with the tables `[screening]` and `[distance]`; `where` is the key."""
    from beachhead.cases.inputs import overlay

    # Own columns are known whatever may be wrong with their figures, which others say.
    columns = case.model_copy(update={"markets": case.markets.model_copy(update={"inputs": ()})})
    try:
        read_settings(case, overlay(columns, panel))
    except InputError as error:
        return list(error.problems)
    return []


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
            problems.append(_unknown(key, own, f"{where}.{key}"))
        if not 0 <= weight < float("inf"):
            what = f"the weight of {key} is {weight}"
            problems.append(Problem(what, f"{where}.{key}", "Give zero or more."))
    chosen = dict(weights) or own
    total = sum(chosen.values())
    if not problems and total == 0:
        problems.append(Problem("all weights are zero", where, "Give one above zero."))
    if not problems and total == float("inf"):
        problems.append(Problem("the weights have no sum", where, "Give smaller ones."))
    if problems:
        raise InputError(*problems)
    return tuple(
        replace(criterion, weight=chosen[criterion.key] / total)
        for criterion in criteria
        if chosen.get(criterion.key, 0) > 0
    )


def _read_overrides(case: Case, panel: Panel) -> tuple[dict[str, tuple[float, str]], list[Problem]]:
    """Scores set by hand, and what is wrong with them."""
    overrides: dict[str, tuple[float, str]] = {}
    problems: list[Problem] = []
    if not case.screening.overrides:
        return overrides, problems
    try:
        candidates = set(case.candidate_iso3(panel))
    except InputError:
        return overrides, problems  # who asks for the candidates says so
    for i, row in enumerate(case.screening.overrides):
        where = f"screening.overrides[{i}].market"
        try:
            iso3 = panel.find(row.market)
        except InputError as error:
            problems += (replace(problem, where=where) for problem in error.problems)
            continue
        if iso3 not in candidates:
            problems.append(Problem(f"{iso3} is no candidate", where, "Take the row out."))
        if iso3 in overrides:
            problems.append(Problem(f"a second score for {iso3}", where, "Leave one of them."))
        overrides[iso3] = (row.score, row.reason)
    return overrides, problems


def _unknown(key: str, known: Mapping[str, object], where: str) -> Problem:
    hint = suggest(key, known) or f"Known are {', '.join(known)}."
    return Problem(f"no criterion {key!r}", where, hint)


def _collect(own: Sequence[OwnCriterion], distance: Measure) -> dict[str, Criterion]:
    """Bundled criteria as the case changes them, then its own."""
    known = {criterion.key: criterion for criterion in CRITERIA}
    known["distance"] = replace(known["distance"], measure=distance)
    for row in own:
        given = {name: value for name, value in row if value is not None and name != "column"}
        if row.column is not None:
            given["measure"] = measure_series(row.column)
        if row.key in known:
            known[row.key] = replace(known[row.key], **given)
        else:  # what such a criterion cannot do without, and lacks, is reported elsewhere
            lacking = {"words": row.column or "", "unit": "", "low": 0.0, "high": 1.0,
                       "transform": "linear", "weight": 0.0, "measure": distance}  # fmt: skip
            known[row.key] = Criterion(**{**lacking, **given})
    return known


def _check_own(screening: Screening, panel: Panel) -> Iterator[Problem]:
    bundled = {criterion.key: criterion for criterion in CRITERIA}
    seen: set[str] = set()
    for i, row in enumerate(screening.criteria):
        where = f"screening.criteria[{i}]"
        if row.key in seen:
            yield Problem(f"a second criterion {row.key!r}", where, "Leave one of them.")
        seen.add(row.key)
        if row.key in (*COLUMNS_BEFORE, *COLUMNS_AFTER):
            what = f"no criterion may be called {row.key!r}"
            yield Problem(what, f"{where}.key", "The ranking has a column of that name.")
        usual = bundled.get(row.key)
        needed = [name for name in ("column", "low", "high") if getattr(row, name) is None]
        if usual is None and needed:
            hint = suggest(row.key, bundled)
            what = f"the criterion {row.key!r} lacks {', '.join(needed)}"
            yield Problem(what, where, hint or "A criterion that is not bundled needs them.")
        if screening.weights and row.weight is not None:
            fix = "Where screening.weights is given it is the whole set: put the weight there."
            yield Problem(f"the weight of {row.key!r} is not heeded", f"{where}.weight", fix)
        idle = row.weight is None and row.key not in {*screening.weights, *screening.floors}
        if usual is None and idle:
            what = f"the criterion {row.key!r} has neither a weight nor a floor"
            yield Problem(what, where, "Give its weight, or take it out.")
        if row.column is not None:
            yield from _check_column(panel, row.column, f"{where}.column")
        yield from _check_scale(row, usual, where)


def _check_scale(row: OwnCriterion, usual: Criterion | None, where: str) -> Iterator[Problem]:
    low = row.low if row.low is not None else usual.low if usual else None
    high = row.high if row.high is not None else usual.high if usual else None
    transform = row.transform or (usual.transform if usual else "linear")
    if low is None or high is None:
        return
    if low == high:
        what = f"both anchors of {row.key!r} are {low:g}"
        yield Problem(what, where, "The figures worth 0 and 1 have to differ.")
    if transform == "log" and min(low, high) <= 0:
        what = f"an anchor of {row.key!r} is {min(low, high):g} on a logarithmic scale"
        yield Problem(what, where, "Both have to be above 0; or take the linear scale.")


def _check_distance(case: Case, panel: Panel) -> Iterator[Problem]:
    for i, key in enumerate(case.distance.culture):
        yield from _check_column(panel, key, f"distance.culture[{i}]")
    try:
        choose_weights(case.distance.weights, case.distance.culture)
    except InputError as error:
        yield from error.problems


def _check_column(panel: Panel, key: str, where: str) -> Iterator[Problem]:
    """A problem where neither the panel nor the user's own columns have such figures."""
    try:
        panel.figure(panel.codes[0], key)
    except InputError as error:
        for problem in error.problems:
            fix = f"{problem.fix[:1].upper()}{problem.fix[1:]}"
            yield Problem(problem.what, where, fix)
