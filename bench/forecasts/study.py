"""Forecasts of categories, the product's and others': `python bench/forecasts/study.py`.

Writes docs/proof/forecasts.md. What rivals forecast is kept in a file beside the others' and not
computed again for the same panel.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer
from rivals import FAILED, RIVALS

from beachhead.calibration.categories import fit_adoption, roll
from beachhead.calibration.forecasting import Rolling
from beachhead.calibration.histories import CATEGORIES, read_histories
from beachhead.data import load_panel
from beachhead.evidence.forecasts import ERRORS, ORIGINS, compare, score_forecasts, with_rivals
from beachhead.files import write_atomic
from beachhead.reporting.forecasts import describe_forecasts

ROOT = Path(__file__).parents[2]
INTRO = Path(__file__).with_name("intro.md")
MEDIAN = "median of all"
SIMPLE = ("last value", "drift, 3 years", "drift, 5 years", "regression", "analogues", "Bass")


def main(
    out: Annotated[Path, typer.Option("-o")] = ROOT / "docs" / "proof" / "forecasts.md",
    kept: Annotated[Path, typer.Option(help="where rivals' forecasts are kept")] = Path(
        "forecasts-rivals.parquet"
    ),
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
            print(f"{series} {name}: {time.monotonic() - started:.0f} s", flush=True)
    scores = score_forecasts(panel)
    scores = with_rivals(scores, rivals.rows())
    scores = with_rivals(scores, _median(scores.errors).rows())
    checks = [_check(histories[series]) for series in CATEGORIES]
    used = ", ".join(f"{name} {version(name)}" for name in ("statsforecast", "scikit-learn"))
    page = INTRO.read_text(encoding="utf-8").format(
        tables=describe_forecasts(scores),
        checks="\n".join(checks),
        panel=scores.panel[:16],
        versions=f"numpyro {version('numpyro')}, {used}",
        failed=len(FAILED),
    )
    write_atomic(out, page)


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


def _check(known: object) -> str:
    """A row that compares the normal approximation with NUTS at origin 2015."""
    at = known.until(2015)  # type: ignore[attr-defined]
    started = time.monotonic()
    fast = fit_adoption(at)
    between = time.monotonic()
    sampled = fit_adoption(at, inference="nuts")
    ended = time.monotonic()
    one, two = (np.median(roll(fit, at.last), axis=0) for fit in (fast, sampled))
    outcomes = Rolling(known).outcomes(2015, at.markets, 2020)  # type: ignore[arg-type]
    errors = [float(np.nanmean(np.abs(x - outcomes), axis=0).mean()) for x in (one, two)]
    far = np.abs(one - two)
    return (
        f"| `{at.category.series}` | {between - started:.0f} s | {ended - between:.0f} s | "
        f"{sampled.r_hat:.3f} | {sampled.ess:.0f} | {sampled.divergences} | {errors[0]:.2f} | "
        f"{errors[1]:.2f} | {np.median(far[:, -1]):.2f} | {np.quantile(far[:, -1], 0.95):.2f} |"
    )


if __name__ == "__main__":
    typer.run(main)
