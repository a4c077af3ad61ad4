import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from beachhead.calibration.histories import CATEGORIES, read_histories
from beachhead.calibration.momentum import last_value
from beachhead.cli.app import app
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.evidence.forecasts import (
    PICKED,
    Scores,
    compare,
    coverage,
    covered_by_horizon,
    difference,
    mean_errors,
    score_forecasts,
    with_rivals,
)
from beachhead.reporting.forecasts import describe_forecasts

LIGHT = ("last value", "drift, 3 years", "drift, 5 years", "analogues")


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score_forecasts(load_panel(), methods=LIGHT)


def means(scores: Scores, series: str, method: str) -> list[float]:
    table = mean_errors(scores, series).filter(pl.col("method") == method)
    return [round(table[str(horizon)].item(), 2) for horizon in range(1, 6)]


def test_simple_forecasts_score_as_in_the_first_study(scores: Scores) -> None:
    """By other code, on 22 November 2026, from the original figures."""
    internet, mobile, broadband = CATEGORIES
    assert means(scores, internet, "last value") == [3.24, 6.52, 9.65, 12.46, 15.28]
    assert means(scores, internet, "drift, 3 years") == [2.02, 3.78, 5.37, 6.85, 8.14]
    assert means(scores, internet, "drift, 5 years") == [2.04, 3.84, 5.55, 6.99, 8.21]
    assert means(scores, mobile, "last value") == [5.74, 9.07, 11.45, 13.80, 15.63]
    assert means(scores, mobile, "drift, 5 years") == [6.26, 11.15, 15.87, 20.97, 26.44]
    assert means(scores, broadband, "last value") == [0.84, 1.64, 2.33, 2.98, 3.69]
    assert means(scores, broadband, "drift, 3 years") == [0.62, 1.03, 1.48, 1.95, 2.45]


def test_broadband_beats_its_drift_as_asked(scores: Scores) -> None:
    table = mean_errors(scores, "fixed_broadband_per100")
    assert table.filter(pl.col("method") == "analogues")["mean"].item() <= 1.35
    gap, low, high = difference(scores, "fixed_broadband_per100", "analogues", "drift, 3 years")
    assert low < gap < high < 0.0


@pytest.mark.slow
def test_what_serves_a_series_reaches_what_was_asked() -> None:
    scores = score_forecasts(load_panel())
    asked = {
        "internet_users_pct": ("Bass", 4.1),
        "mobile_subs_per100": ("median of pooled", 11.5),
        "fixed_broadband_per100": ("analogues", 1.35),
    }
    for series, (method, most) in asked.items():
        table = mean_errors(scores, series)
        assert table.filter(pl.col("method") == method)["mean"].item() <= most
        covered = coverage(scores, series).filter(pl.col("method") == method)
        assert 0.75 <= covered["80%"].item() <= 0.85


def test_only_actual_outcomes_are_scored(scores: Scores) -> None:
    """Every row stands on a figure of the panel, and every figure that could be scored is."""
    figures = load_panel().figures.select("series", "iso3", "year", "value")
    rows = scores.errors.filter(pl.col("method") == "last value")
    rows = rows.with_columns(year=(pl.col("origin") + pl.col("horizon")).cast(pl.Int16))
    both = rows.join(figures, on=["series", "iso3", "year"], how="left")
    np.testing.assert_array_equal(both["value"], both["actual"])
    histories = read_histories(load_panel(), "internet_users_pct")
    known = histories.until(2015).markets
    later = figures.filter(
        (pl.col("series") == "internet_users_pct")
        & pl.col("iso3").is_in(known)
        & (pl.col("year") == 2018)
    )
    at = (pl.col("origin") == 2015) & (pl.col("horizon") == 3)
    assert rows.filter(at & (pl.col("series") == "internet_users_pct")).height == later.height


def test_poison_after_the_last_outcome_changes_no_score() -> None:
    panel = load_panel()
    spoilt = pl.when(pl.col("year") > 2017).then(pl.col("value") * 0.37 + 11.0)
    spoilt = panel.figures.with_columns(value=spoilt.otherwise(pl.col("value")))
    one, other = (
        score_forecasts(p, ["internet_users_pct"], (2012,), LIGHT)
        for p in (panel, replace(panel, figures=spoilt))
    )
    assert one.errors.equals(other.errors) and one.picked == other.picked
    assert one.panel != other.panel


def test_what_is_picked_is_one_of_the_methods_and_scores_as_it_does(scores: Scores) -> None:
    for series, origin, method in scores.picked:
        at = (pl.col("series") == series) & (pl.col("origin") == origin)
        mine = scores.errors.filter(at)
        one, other = (
            mine.filter(pl.col("method") == name)["forecast"] for name in (PICKED, method)
        )
        assert one.to_list() == other.to_list()


def test_means_coverage_and_differences_by_hand() -> None:
    rows = [
        # last value: errors 2 and -4 a year ahead, 1 two years ahead
        ("s", "a", 2012, 1, "AAA", 12.0, 10.0, 1.0, 2.0, 3.0),
        ("s", "a", 2012, 1, "BBB", 16.0, 20.0, 1.0, 2.0, 5.0),
        ("s", "a", 2015, 2, "AAA", 31.0, 30.0, 1.0, 2.0, 3.0),
        ("s", "b", 2012, 1, "AAA", 10.0, 10.0, np.nan, np.nan, np.nan),
        ("s", "b", 2012, 1, "BBB", 20.0, 20.0, np.nan, np.nan, np.nan),
        ("s", "b", 2015, 2, "AAA", 30.0, 30.0, np.nan, np.nan, np.nan),
    ]
    empty = Scores((2012, 2015), "", score_frame([]), ())
    scores = with_rivals(empty, rows)
    first = mean_errors(scores, "s").row(0, named=True)
    assert first["1"] == 3.0 and first["2"] == 1.0 and first["3"] is None
    assert first["mean"] == 2.0 and first["bias"] == pytest.approx(-1 / 3)
    assert first["2012"] == 3.0 and first["2015"] == 1.0
    covered = coverage(scores, "s")
    assert covered["method"].to_list() == ["a"]
    assert covered.row(0)[1:5] == pytest.approx((1 / 3, 2 / 3, 1.0, 4.0))
    assert covered_by_horizon(scores, "s", "a").rows() == [(2012, 0.5, None), (2015, None, 1.0)]


def score_frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    from beachhead.evidence.forecasts import ERRORS

    return pl.DataFrame(rows, schema=ERRORS, orient="row")


def test_a_rival_is_scored_on_the_same_outcomes(scores: Scores) -> None:
    histories = read_histories(load_panel(), "internet_users_pct")
    rows = []
    for origin in scores.origins:
        at = histories.until(origin)
        rows += compare(histories, at, "rival", last_value(at))
    joined = with_rivals(scores, rows)
    assert means(joined, "internet_users_pct", "rival") == means(
        scores, "internet_users_pct", "last value"
    )
    assert "rival" not in coverage(joined, "internet_users_pct")["method"]


def test_what_is_wrong_is_said_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        score_forecasts(load_panel(), ["internet_users_pct", "phones"], (1999, 2024))
    said = str(caught.value)
    assert "no category with a history 'phones'" in said
    assert "no origin of forecasts 1999" in said and "no origin of forecasts 2024" in said


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command(
    scores: Scores, as_json: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    full = with_rivals(scores, _named(scores, "Bass") + _named(scores, "median of pooled"))
    monkeypatch.setattr("beachhead.evidence.forecasts.score_forecasts", lambda panel: full)
    asked = ["evidence", "forecasts", "-o", str(tmp_path / "new"), *["--json"] * as_json]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert pl.read_parquet(tmp_path / "new" / "forecasts.parquet").equals(full.errors)
    told = (tmp_path / "new" / "forecasts.md").read_text(encoding="utf-8")
    assert told == describe_forecasts(full)
    if as_json:
        tables = json.loads(done.output)["mean_errors"]
        row = next(r for r in tables["internet_users_pct"] if r["method"] == "last value")
        assert round(row["mean"], 2) == 9.43
    else:
        assert "**analogues** serves this series" in done.output
        assert "not told apart" in done.output  # mobile phones are no better than the last value


def _named(scores: Scores, name: str) -> list[tuple[object, ...]]:
    """The last value under another name."""
    rows = scores.errors.filter(pl.col("method") == "last value")
    return rows.with_columns(method=pl.lit(name)).rows()
