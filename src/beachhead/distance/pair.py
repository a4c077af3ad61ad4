"""What lies between two markets, in the four terms of Ghemawat's (2001) CAGE framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from beachhead.data import Figure, Panel
from beachhead.distance.components import Matrix, measure
from beachhead.distance.composite import choose_weights, combine, scales
from beachhead.distance.institutions import INDICATORS
from beachhead.errors import InputError, Problem

Term = Literal["cultural", "administrative", "geographic", "economic"]

# In the order in which they are shown.
_TERMS: dict[str, Term] = {
    "culture": "cultural",
    "language": "cultural",
    "administration": "administrative",
    "institutions": "administrative",
    "blocs": "administrative",
    "geography": "geographic",
    "income": "economic",
}


@dataclass(frozen=True)
class Tie:
    """One component of the distance between two markets.

    Attributes
    ----------
    term : {'cultural', 'administrative', 'geographic', 'economic'}
    component : str
    facts : tuple of str
        What it rests on, with years; a fact that is not known says so.
    scaled : float or None
        Distance in standard deviations over the pairs of the world; None where not known.
    farther_than : float or None
        Share of the world's pairs with this component that are nearer.
    source : str
    """

    term: Term
    component: str
    facts: tuple[str, ...]
    scaled: float | None
    farther_than: float | None
    source: str


@dataclass(frozen=True)
class Pair:
    """The distance between two markets and what makes it up.

    Attributes
    ----------
    one, other : str
        ISO3 codes.
    as_of : date or None
        Day on which the figures were visible.
    distance : float or None
        The composite; None where no component is known.
    farther_than : float or None
        Share of the world's pairs that are nearer.
    ties : tuple of Tie
        By term; components without a weight are left out.
    """

    one: str
    other: str
    as_of: date | None
    distance: float | None
    farther_than: float | None
    ties: tuple[Tie, ...]


def describe_pair(
    panel: Panel,
    one: str,
    other: str,
    *,
    cultural: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
) -> Pair:
    """Facts, components and composite of the distance between two markets (CAGE).

    Parameters
    ----------
    panel : Panel
        What it shows on its date is all that is used.
    one, other : str
        Names or codes; the distance is the same both ways.
    cultural, weights
        As in `composite`.

    Raises
    ------
    InputError
        As `composite`, and if the two are one.
    """
    one, other = panel.find(one), panel.find(other)
    if one == other:
        raise InputError(Problem(f"{panel.name(one)} twice", "", "Name two markets."))
    chosen = choose_weights(weights or {}, cultural)
    raw = measure(panel, cultural)
    scaled = {name: raw[name] / scale for name, scale in scales(raw).items() if name in chosen}
    whole, _ = combine(scaled, chosen)
    at = panel.codes.index(one), panel.codes.index(other)
    told = _tell(panel, one, other, cultural, float(raw["institutions"][at]))
    ties = tuple(
        Tie(term, name, told[name][0], *_place(scaled[name], at), told[name][1])
        for name, term in _TERMS.items()
        if name in scaled
    )
    return Pair(one, other, panel.as_of, *_place(whole, at), ties)


def _place(matrix: Matrix, at: tuple[int, int]) -> tuple[float | None, float | None]:
    """Value of a pair, and the share of all pairs with a smaller one."""
    value = float(matrix[at])
    if not np.isfinite(value):
        return None, None
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    pairs = pairs[np.isfinite(pairs)]
    # Two ways of adding up the same figures may differ in the last digit.
    return value, float((pairs < value - 1e-9).mean())


def _tell(
    panel: Panel, one: str, other: str, cultural: Sequence[str], governance: float
) -> dict[str, tuple[tuple[str, ...], str]]:
    """Facts and source of each component; `governance` is the gap over the six indicators."""
    found = panel.pairs.filter((pl.col("iso3") == one) & (pl.col("partner") == other)).to_dicts()
    pair = found[0] if found else dict.fromkeys(panel.pairs.columns)
    markets = {row["iso3"]: row for row in panel.markets.iter_rows(named=True)}
    here, there = markets[one], markets[other]
    geodist = pair["source"] or "no pair"
    by_hand = "written by hand for this project"
    on = panel.as_of or date.max
    joint = [
        bloc for bloc in panel.bloc_names if {one, other} <= set(panel.members(bloc, on))
    ]  # fmt: skip
    indicators, publisher = _tell_figures(panel, one, other, INDICATORS)
    gap = (f"gap over all: {governance:.2f}",) if np.isfinite(governance) else ()
    day = "the last known day" if panel.as_of is None else panel.as_of.isoformat()
    return {
        "culture": _tell_figures(panel, one, other, cultural),
        "language": (
            (
                f"languages of business in common: {_list(_common(here, there, 'languages'))}",
                f"language that 9 % speak in both: {_say(pair['common_ethno_language'])}",
            ),
            f"{by_hand}; {geodist}",
        ),
        "administration": (
            (
                f"colonial tie: {_say(pair['colonial_tie'])}",
                f"common coloniser: {_say(pair['common_colonizer'])}",
                f"family of law: {_law(here)} and {_law(there)}",
            ),
            f"{geodist}; {by_hand}, after La Porta et al. (2008)",
        ),
        "institutions": ((*indicators, *gap), publisher),
        "blocs": ((f"in common on {day}: {_list(joint)}",), by_hand),
        "geography": (
            (
                f"between the capitals: {_kilometres(pair['capital_km'])}",
                f"between the people: {_kilometres(pair['people_km'])}",
                f"common border: {_say(pair['contiguous'])}",
                f"landlocked: {_say(here['landlocked'])} and {_say(there['landlocked'])}",
            ),
            geodist,
        ),
        "income": _tell_income(panel, one, other),
    }


def _tell_figures(
    panel: Panel, one: str, other: str, keys: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    figures = [(panel.figure(one, key), panel.figure(other, key)) for key in keys]
    facts = tuple(
        f"{key.removeprefix('wgi_').replace('_', ' ')}: {_both(here, there)}"
        for key, (here, there) in zip(keys, figures, strict=True)
    )
    return facts, _sources(figure for pair in figures for figure in pair)


def _tell_income(panel: Panel, one: str, other: str) -> tuple[tuple[str, ...], str]:
    here, there = (panel.figure(iso3, "gdp_pc_ppp_const") for iso3 in (one, other))
    fact = f"income a head, $ of 2021: {_both(here, there, ',.0f')}"
    facts = [fact]
    if here.value and there.value:
        ratio = max(here.value, there.value) / min(here.value, there.value)
        facts.append(f"ratio: {ratio:.2f}")
    return tuple(facts), _sources((here, there))


def _sources(figures: Iterable[Figure]) -> str:
    return "; ".join(dict.fromkeys(figure.source for figure in figures if figure.source))


def _both(here: Figure, there: Figure, digits: str = ".2f") -> str:
    """Two figures with their years, said once where they are of the same."""
    if here.value is not None and there.value is not None and here.year == there.year:
        return f"{here.value:{digits}} and {_number(there, digits)}"
    return f"{_number(here, digits)} and {_number(there, digits)}"


def _number(figure: Figure, digits: str) -> str:
    if figure.value is None:
        return "no figure"
    year = "" if figure.year is None else f" ({figure.year})"
    return f"{figure.value:{digits}}{year}"


def _say(flag: Any) -> str:
    return "not known" if flag is None else "yes" if flag else "no"


def _kilometres(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.0f} km"


def _law(market: Mapping[str, Any]) -> str:
    name = market["legal_origin"] or "not known"
    return name if market["legal_origin_sure"] in (True, None) else f"{name} (mixed)"


def _common(here: Mapping[str, Any], there: Mapping[str, Any], key: str) -> list[str]:
    return sorted(set(here[key] or ()) & set(there[key] or ()))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
