"""Forecasts of categories, the product's and others': `python studies/forecasts.py`.

Writes docs/proof/forecasts.md. What rivals forecast is kept in a file beside the others' and not
computed again for the same panel.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer
from rivals import FAILED, PLANNED, RIVALS, catch_up

from beachhead.calibration.categories import fit_adoption, roll
from beachhead.calibration.forecasting import LEAST_BEFORE, Rolling
from beachhead.calibration.histories import CATEGORIES, Histories, read_histories
from beachhead.data import load_panel
from beachhead.evidence.forecasts import (
    ERRORS,
    ORIGINS,
    PICKED,
    Scores,
    compare,
    coverage,
    difference,
    mean_errors,
    score_forecasts,
    winner,
    with_rivals,
)
from beachhead.files import write_atomic
from beachhead.reporting.forecasts import describe_forecasts

ROOT = Path(__file__).parents[1]
INTRO = Path(__file__).with_name("forecasts.md")
MEDIAN = "median of all"
MEMORIES = (1.0, 0.85, 0.7, 0.5)
# Mean absolute errors that were asked for before anything was computed, points.
ASKED = {"internet_users_pct": 4.1, "mobile_subs_per100": 11.5, "fixed_broadband_per100": 1.35}
SIMPLE = ("last value", "drift, 3 years", "drift, 5 years", "regression", "analogues", "Bass")


def main(
    out: Annotated[Path, typer.Option("-o")] = ROOT / "docs" / "proof" / "forecasts.md",
    kept: Annotated[Path, typer.Option(help="where rivals' forecasts are kept")] = Path(
        "forecasts-rivals.parquet"
    ),
    sampled: Annotated[
        list[str] | None, typer.Option(help="a series whose posterior is sampled too; all")
    ] = None,
    without: Annotated[list[str] | None, typer.Option(help="a rival left out")] = None,
) -> None:
    """Score all, check the fast posterior against the sampled one, write the page."""
    panel = load_panel()
    histories = {series: read_histories(panel, series) for series in CATEGORIES}
    rivals = pl.read_parquet(kept) if kept.exists() else pl.DataFrame(schema=ERRORS)
    for series, known in histories.items():
        for name, forecast in RIVALS.items():
            if name in (without or ()):
                continue
            if rivals.filter((pl.col("series") == series) & (pl.col("method") == name)).height:
                continue
            started, rows = time.monotonic(), []
            for origin in ORIGINS:
                at = known.until(origin)
                rows += compare(known, at, name, at.clip(forecast(at)))
            more = pl.DataFrame(rows, schema=ERRORS, orient="row")
            rivals = pl.concat([rivals, more])
            write_atomic(kept, rivals.write_parquet)
            print(
                f"{series} {name}: {time.monotonic() - started:.0f} s, failed {len(FAILED)}",
                flush=True,
            )
    scores = with_rivals(score_forecasts(panel), rivals.rows())
    scores = with_rivals(scores, _median(scores.errors).rows())
    internet = next(iter(CATEGORIES))
    known = [histories[internet].until(origin) for origin in ORIGINS]
    for at in known:
        rows = compare(histories[internet], at, PLANNED, at.clip(catch_up(at)))
        scores = with_rivals(scores, list(rows))
    have = set(rivals.select("series", "method").iter_rows())
    missing = [f"{n} of {s}" for s in CATEGORIES for n in RIVALS if (s, n) not in have]
    libraries = ("numpyro", "scikit-learn", "statsforecast", "statsmodels")
    page = INTRO.read_text(encoding="utf-8").format(
        origins=", ".join(map(str, ORIGINS)),
        date=f"{datetime.now(UTC):%d %B %Y}",
        short="\n".join(_verdict(scores, series) for series in CATEGORIES),
        tables=describe_forecasts(scores),
        checks="\n".join(_check(histories[series]) for series in sampled or CATEGORIES),
        memory="\n".join(_remember(histories[series]) for series in CATEGORIES),
        panel=scores.panel[:16],
        versions=", ".join(f"{name} {version(name)}" for name in libraries),
        left_out=f"Not run: {', '.join(missing)}." if missing else "",
    )
    write_atomic(out, page)


def _verdict(scores: Scores, series: str) -> str:
    """Whether what was asked for was reached, and what stands in the way."""
    method, errors = winner(series), mean_errors(scores, series)
    mean = dict(errors.select("method", "mean").iter_rows())
    covered = dict(coverage(scores, series).select("method", "80%").iter_rows())
    best = min(mean, key=lambda name: mean[name])
    bar = "last value" if mean["last value"] < mean["drift, 3 years"] else "drift, 3 years"
    gap, low, high = difference(scores, series, method, bar)
    told = "better beyond chance" if high < 0 else "not told apart from it"
    reached = "reached" if round(mean[method], 2) <= ASKED[series] else "MISSED"
    return (
        f"- **{CATEGORIES[series].words}**: *{method}* {mean[method]:.2f} points, asked at most "
        f"{ASKED[series]}: {reached}. *{bar}* {mean[bar]:.2f}: {told} ({gap:+.2f}, "
        f"{low:+.2f} to {high:+.2f}). Smallest of all: *{best}* {mean[best]:.2f}. "
        f"The 80 % interval covers {covered[method]:.1%}. *{PICKED}* {mean[PICKED]:.2f}."
    )


def _median(errors: pl.DataFrame) -> pl.DataFrame:
    """Median of the product's single methods and all rivals."""
    single = errors.filter(pl.col("method").is_in([*SIMPLE, *RIVALS]))
    keys = ["series", "origin", "horizon", "iso3"]
    middle = single.group_by(keys, maintain_order=True).agg(
        pl.col("forecast").median(), pl.col("actual").first()
    )
    nothing = [pl.lit(None, pl.Float64).alias(name) for name in ERRORS if name.startswith("margin")]
    return middle.with_columns(
        pl.lit(MEDIAN).alias("method"), *(column.fill_null(np.nan) for column in nothing)
    ).select(list(ERRORS))


def _remember(known: Histories) -> str:
    """A row of mean errors up to 2012 by how much the past counts in E1."""
    found = []
    for memory in MEMORIES:
        missed = []
        for origin in range(2008, 2012):
            at = known.until(origin, LEAST_BEFORE)
            ahead = np.median(roll(fit_adoption(at, memory=memory), at.last), axis=0)
            outcomes = Rolling(known).outcomes(origin, at.markets, 2012)
            missed.append(np.abs(at.clip(ahead) - outcomes)[:, :4])
        found.append(float(np.nanmean(np.concatenate(missed), axis=0).mean()))
    best = min(found)
    cells = (f"**{x:.2f}**" if x == best else f"{x:.2f}" for x in found)
    return f"| `{known.category.series}` | {' | '.join(cells)} |"


def _check(known: Histories) -> str:
    """A row that compares the normal approximation with NUTS at origin 2015."""
    at = known.until(2015)
    started = time.monotonic()
    fast = fit_adoption(at)
    between = time.monotonic()
    sampled = fit_adoption(at, inference="nuts")
    ended = time.monotonic()
    one, two = (np.median(roll(fit, at.last), axis=0) for fit in (fast, sampled))
    outcomes = Rolling(known).outcomes(2015, at.markets, 2020)
    errors = [float(np.nanmean(np.abs(x - outcomes), axis=0).mean()) for x in (one, two)]
    far = np.abs(one - two)
    return (
        f"| `{at.category.series}` | {between - started:.0f} s | {ended - between:.0f} s | "
        f"{sampled.r_hat:.3f} | {sampled.ess:.0f} | {sampled.divergences} | {errors[0]:.2f} | "
        f"{errors[1]:.2f} | {np.median(far[:, -1]):.2f} | {np.quantile(far[:, -1], 0.95):.2f} |"
    )


if __name__ == "__main__":
    typer.run(main)
