"""Scores of category forecasts as text: tables in Markdown, for the screen and for docs/proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from beachhead.calibration import CATEGORIES
from beachhead.evidence.forecasts import (
    LEVELS,
    SIMPLE,
    Scores,
    coverage,
    covered_by_horizon,
    difference,
    mean_errors,
    winner,
)


def describe_forecasts(scores: Scores) -> str:
    """Tables of every series: errors, by origin, against simple forecasts, intervals."""
    series = scores.errors["series"].unique(maintain_order=True).to_list()
    return "\n".join(line for name in series for line in _series(scores, name))


def _series(scores: Scores, series: str) -> Iterator[str]:
    errors, words = mean_errors(scores, series), CATEGORIES[series].words
    mine = scores.errors.filter(pl.col("series") == series)
    countries, cases = mine["iso3"].n_unique(), mine.select("origin", "horizon", "iso3").n_unique()
    chosen = winner(series)
    yield f"### {words[:1].upper()}{words[1:]} (`{series}`)"
    yield f"{countries} countries, {cases} outcomes. **{chosen}** serves this series."
    yield _best(errors, chosen)
    yield ""
    yield "Mean absolute error in points by years ahead, their mean, mean error, and by origin:"
    yield ""
    names = [name for name in errors.columns if name != "method"]
    yield from _table(
        ["method", *names],
        [
            [_strong(row["method"], chosen), *(_number(row[name]) for name in names)]
            # Ties by name: the last digits of a mean hang on how many threads add it up.
            for row in errors.sort(pl.col("mean").round(9), "method").iter_rows(named=True)
        ],
    )
    yield ""
    picked = "; ".join(
        f"{year}: {method}" for name, year, method in scores.picked if name == series
    )
    yield f"Picked at each origin by the errors known by then: {picked}."
    yield ""
    yield from (_against(scores, series, chosen, other) for other in SIMPLE)
    yield ""
    yield "Share of outcomes within the intervals, mean width of the 80 % interval in points, and"
    yield "share within it by origin:"
    yield ""
    covered = coverage(scores, series)
    origins = [str(origin) for origin in scores.origins]
    levels = [f"{level:.0%}" for level in LEVELS]
    yield from _table(
        ["method", *levels, "width", *origins],
        [
            [
                _strong(row["method"], chosen),
                *(f"{row[level]:.1%}" for level in levels),
                _number(row["width"]),
                *(f"{row[origin]:.0%}" for origin in origins),
            ]
            for row in covered.iter_rows(named=True)
        ],
    )
    yield ""
    yield f"Share within the 80 % interval of {chosen} by origin and years ahead:"
    yield ""
    by = covered_by_horizon(scores, series, chosen)
    yield from _table(
        by.columns,
        [[str(row[0]), *("" if v is None else f"{v:.0%}" for v in row[1:])] for row in by.rows()],
    )
    yield ""


def _best(errors: pl.DataFrame, chosen: str) -> str:
    """Whether anything here has a smaller error than the method that serves."""
    mean = dict(errors.select("method", "mean").iter_rows())
    better = [name for name in mean if mean[name] < mean[chosen]]
    text = "Nothing here has a smaller mean error."
    if better:
        listed = ", ".join(f"{name} ({mean[name]:.2f})" for name in better)
        text = f"Smaller mean errors than its {mean[chosen]:.2f}: {listed}."
    return text


def _against(scores: Scores, series: str, method: str, other: str) -> str:
    gap, low, high = difference(scores, series, method, other)
    sure = "" if low * high > 0 else ": not told apart"
    return (
        f"- {method} less {other}: {gap:+.2f} points, 95 % interval over countries "
        f"{low:+.2f} to {high:+.2f}{sure}."
    )


def _strong(method: str, chosen: str) -> str:
    return f"**{method}**" if method == chosen else method


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(head) - 1)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
