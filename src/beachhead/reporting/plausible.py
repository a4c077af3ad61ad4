"""What a case implies, in small tables of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from beachhead.planning.plausibility import Plausibility
from beachhead.reporting.words import GLUE, count, percent
from beachhead.simulation.alone import Newcomer

WIDTH = 100
_HEADS = ("year", "category", "per 100", "units", "share", "cost so far", "of sales")


def describe_plausibility(answer: Plausibility) -> str:
    """Years 1, 3 and 5 of the largest candidates, then a verdict a line."""
    lines = []
    if answer.newcomers:
        lines += textwrap.wrap(
            f"If only one market were entered, as early as can be and in the way that suits it "
            f"best: the {len(answer.newcomers)} largest candidates, means of {answer.worlds} "
            f"futures, money in {answer.currency}",
            WIDTH,
        )
        lines += ["", _set("", _HEADS)]
        for newcomer in answer.newcomers:
            lines += _list_years(newcomer)
        lines.append("")
    for finding in answer.findings:
        begin = f"{finding.verdict:<8}"
        lines += textwrap.wrap(
            finding.text.replace(" %", f"{GLUE}%"), WIDTH, initial_indent=begin,
            subsequent_indent=" " * len(begin), break_on_hyphens=False,
        )  # fmt: skip
    lines += ["", f"Plausible? {answer.verdict}"]
    return "\n".join(line.rstrip() for line in lines).replace(GLUE, " ")


def _set(begin: str, cells: tuple[str, ...]) -> str:
    widths = (5, 11, 10, 10, 9, 13, 10)
    return f"{begin[:31]:<32}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
    )


def _list_years(newcomer: Newcomer) -> Iterator[str]:
    level = f", localised {newcomer.localisation:g}" if newcomer.localisation else ""
    back = (
        f"not back in {newcomer.within:.0f} years"
        if newcomer.payback is None
        else f"back after {newcomer.payback:.1f} years"
    )
    begins = (
        newcomer.name,
        f"  {newcomer.mode.replace('_', ' ')}{level}",
        f"  {newcomer.enter}, {back}",
    )
    for begin, year in zip(begins, newcomer.years, strict=True):
        yield _set(
            begin,
            (
                str(year.year),
                count(year.category),
                f"{year.per_100:.1f}",
                count(year.units),
                percent(year.share),
                count(year.cost),
                percent(year.part),
            ),
        )
