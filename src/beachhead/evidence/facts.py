"""Dated figures of what became of a firm: from a table into questions that futures can answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from beachhead.cases import Case, Target
from beachhead.data import Panel
from beachhead.errors import InputError, Problem
from beachhead.tables import cut, read_table

NEEDED = ("metric", "market", "period", "value", "unit")
OTHERS = ("source", "verified")
SURE = ("yes", "derived", "")  # of `verified`; others are not looked at
ANNOUNCED = re.compile(r"announced new markets for (\d{4})", re.IGNORECASE)
PROMISED = re.compile(r"(?:sales )?target", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Metric = Literal["units", "share", "share_abroad", "markets"]


@dataclass(frozen=True)
class Fact:
    """A row of the table. `verified`: 'yes', 'derived', 'no' or empty."""

    metric: str
    market: str
    period: str
    value: str
    unit: str
    source: str
    verified: str


@dataclass(frozen=True)
class Outcome:
    """A figure that a simulated future has too.

    Attributes
    ----------
    metric : {'units', 'share', 'share_abroad', 'markets'}
        As in a target of a case.
    market : str or None
        ISO3 code, 'home', or None for the whole firm.
    by : str
        Last quarter of its period.
    period : {'year', 'quarter'}
    value : float
        Units, a fraction, or markets abroad.
    rank : int or None
        Place by units there, where the row tells it.
    source : str
    """

    metric: Metric
    market: str | None
    by: str
    period: Literal["year", "quarter"]
    value: float
    rank: int | None
    source: str


@dataclass(frozen=True)
class Announced:
    """Markets that a firm said it would enter within a year. `said`: number of that quarter."""

    year: int
    said: int
    markets: tuple[str, ...]
    source: str


def read_facts(path: str | Path) -> tuple[Fact, ...]:
    """Read a table of facts: metric, market, period, value, unit; source and verified beside them.

    Raises
    ------
    InputError
        If the table is none, or lacks a column, and for every row without a metric or a period.
    """
    table = read_table(path)
    table.demand(NEEDED, OTHERS)
    problems = [
        Problem(f"no {column} is given", row.place)
        for row in table.rows
        for column in ("metric", "period")
        if not row.cells[column]
    ]
    if problems:
        raise InputError(*cut(problems))
    return tuple(
        Fact(
            metric=row.cells["metric"],
            market=row.cells["market"],
            period=row.cells["period"],
            value=row.cells["value"],
            unit=row.cells["unit"],
            source=row.cells.get("source", ""),
            verified=row.cells.get("verified", "").casefold(),
        )
        for row in table.rows
    )  # fmt: skip


def read_outcomes(
    facts: tuple[Fact, ...], case: Case, panel: Panel
) -> tuple[list[Outcome], list[Fact]]:
    """Facts of the horizon that futures can answer, and those of it that they cannot.

    Facts of days before the horizon are neither; nor are those that nobody has verified.
    """
    found, left = [], []
    for fact in facts:
        when = read_period(fact.period)
        said = PROMISED.search(fact.metric) or ANNOUNCED.match(fact.metric)
        if fact.verified not in SURE or said:
            continue
        if when is not None and not _inside(case, *when):
            continue
        outcome = None if when is None else _read(fact, case, panel, *when)
        if outcome is None:
            left.append(fact)
        else:
            found.append(outcome)
    return found, left


def _inside(case: Case, last: str, period: str) -> bool:
    """Whether a period ends in the horizon. That it begins there is for the caller to see to."""
    return 0 <= case.quarter_index(last) < case.quarters


def read_period(text: str) -> tuple[str, Literal["year", "quarter"]] | None:
    """Last quarter and kind of a period: 2016, 2016 Q3, end 2017; None if it is none of these."""
    if match := re.fullmatch(r"(\d{4})", text):
        return f"{match[1]}Q4", "year"
    if match := re.fullmatch(r"(\d{4})[\s-]*Q([1-4])", text):
        return f"{match[1]}Q{match[2]}", "quarter"
    if match := re.fullmatch(r"end (?:of )?(\d{4})", text, re.IGNORECASE):
        return f"{match[1]}Q4", "quarter"
    return None


def _read(
    fact: Fact, case: Case, panel: Panel, last: str, period: Literal["year", "quarter"]
) -> Outcome | None:
    try:
        number = float(fact.value)
    except ValueError:
        return None
    metric, unit = fact.metric.casefold(), fact.unit.casefold()
    market = _find_market(fact.market, case, panel)
    if market == "?":
        return None
    whole = market is None
    rank = re.search(r"(?<!joint )rank (\d+)", unit)
    kind: Metric
    if re.fullmatch(r"(?:units|.*\b(?:sold|shipped))", metric) and unit.startswith("million"):
        kind, number = "units", 1e6 * number
    elif metric == "units" and unit.startswith("unit"):
        kind = "units"
    elif metric.startswith("share by units") and not whole and market != "abroad":
        kind, number = "share", number / 100.0
    elif metric.startswith("share of revenue outside") and unit.startswith("percent"):
        kind, market, number = "share_abroad", None, number / 100.0
        rank = None
    elif metric.startswith("markets entered") and (whole or market == "abroad"):
        # A count in the world counts home too.
        kind, number, market = "markets", number - float(whole), None
        period = "quarter"
    else:
        return None
    if market == "abroad":
        return None
    place = int(rank[1]) if rank and not whole else None
    return Outcome(kind, market, last, period, number, place, fact.source)


def _find_market(text: str, case: Case, panel: Panel) -> str | None:
    """ISO3 code, 'home', 'abroad', or None for the whole firm; '?' for what is no market."""
    folded = text.casefold()
    if folded in ("", "world"):
        return None
    if folded.startswith(("outside", "abroad")):
        return "abroad"
    try:
        iso3 = panel.find(text)
    except InputError:
        return "?"
    return "home" if iso3 == panel.find(case.firm.home) else iso3


def ask(outcome: Outcome, case: Case) -> Target | None:
    """The target that measures, in each future, what an outcome tells; None where none can.

    One whose period begins before the horizon needs to know what was sold by then, as a target of
    the case for the same period says.
    """
    index = case.quarter_index(outcome.by)
    before = outcome.period == "year" and index < 3 and outcome.metric != "markets"
    so_far = next(
        (
            target.so_far
            for target in case.targets
            if (target.metric, target.market, target.by)
            == (outcome.metric, outcome.market, outcome.by)
        ),
        None,
    )
    if before and so_far is None:
        return None
    return Target(
        metric=outcome.metric,
        market=outcome.market,
        value=max(outcome.value, 1e-9),
        period=outcome.period,
        by=outcome.by,
        so_far=so_far if before else None,
    )


def read_announced(facts: tuple[Fact, ...], panel: Panel) -> list[Announced]:
    """Plans of new markets that the firm announced: metric 'announced new markets for YEAR'.

    The unit lists the markets as 'markets: CODE CODE'; the period is the month of the announcement.
    """
    found = []
    for fact in facts:
        match = ANNOUNCED.match(fact.metric)
        codes = re.findall(r"\b[A-Z]{3}\b", fact.unit)
        if match is None or not codes:
            continue
        when = re.fullmatch(r"([A-Za-z]{3})[a-z]* (\d{4})", fact.period)
        year = int(match[1])
        said = 4 * year
        if when and when[1].casefold() in MONTHS:
            said = 4 * int(when[2]) + MONTHS.index(when[1].casefold()) // 3
        markets = tuple(code for code in codes if code in panel.codes)
        found.append(Announced(year, said, markets, fact.source))
    return found


def read_promises(facts: tuple[Fact, ...], case: Case) -> list[Target]:
    """Sales targets for later years that the table tells of, as targets said after the case."""
    found = []
    for fact in facts:
        when = read_period(fact.period)
        if not re.fullmatch(r"(?:sales|units) target", fact.metric, re.IGNORECASE) or when is None:
            continue
        index = case.quarter_index(when[0])
        if not 3 <= index < case.quarters or not fact.unit.startswith("million"):
            continue
        found.append(
            Target(
                metric="units", value=1e6 * float(fact.value), by=when[0], basis="hindsight",
                source=fact.source, words=f"{float(fact.value):g} million units in {fact.period}",
            )
        )  # fmt: skip
    return found
