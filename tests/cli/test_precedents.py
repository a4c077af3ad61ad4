"""`beachhead precedents` as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from invented_firms import write

Run = Callable[..., object]


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small firms, one of them with an exit and a market without figures."""
    folder = tmp_path_factory.mktemp("precedents")
    lines = [
        *(f"North,furniture,SWE,{iso3},{year},,entry,," for iso3, year in (
            ("NOR", 2001), ("DNK", 2003), ("DEU", 2006), ("FRA", 2008), ("GBR", 2009),
            ("ESP", 2011), ("POL", 2012), ("JPN", 2014), ("REU", 2014))),
        "North,furniture,SWE,JPN,2016,,exit,,",
        *(f"West,software,USA,{iso3},{year},3,entry,," for iso3, year in (
            ("CAN", 2005), ("GBR", 2006), ("AUS", 2007), ("DEU", 2009), ("JPN", 2010),
            ("BRA", 2012), ("IND", 2015))),
    ]  # fmt: skip
    return write(folder / "entries.csv", *lines)


def test_a_model_scores_and_ranks(beachhead: Run, entries: Path, tmp_path: Path) -> None:
    scored = beachhead("precedents", "score", "--entries", entries, "--model", _shipped(), "--json")
    assert scored.status == 0, scored.err
    found = json.loads(scored.out)
    assert set(found) >= {"model", "baselines", "firms", "waves", "entries", "reliability"}
    assert (found["waves"], found["entries"]) == (11, 11)
    assert set(found["model"]) >= {"auc", "precision_at_wave", "mrr", "log_likelihood"}
    assert found["firms"]["North"]["entries"] == 6
    assert found["seen"] == []
    ranked = beachhead("precedents", "rank", "xiaomi-2013")
    assert ranked.status == 0, ranked.err
    assert max(map(len, ranked.out.splitlines())) <= 100
    assert "screening" in ranked.out and "size of the economy" in ranked.out


@pytest.mark.slow
def test_json_and_tables_say_the_same(beachhead: Run, entries: Path) -> None:
    asked = ("precedents", "score", "--entries", entries, "--model", _shipped())
    found, table = json.loads(beachhead(*asked, "--json").out), beachhead(*asked).out
    assert f"{found['model']['log_likelihood']:.3f}" in table
    assert max(map(len, table.splitlines())) <= 100
    shown = json.loads(beachhead("precedents", "rank", "xiaomi-2013", "--json").out)
    assert shown["beside"] == "screening"
    assert sum(market["probability"] for market in shown["markets"]) == pytest.approx(1.0)


def test_faults_are_told_with_file_and_row(beachhead: Run, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", "A,,SWE,XXX,2001,,entry,,", "A,,SWE,NOR,soon,,entry,,")
    told = beachhead("precedents", "score", "--entries", bad)
    assert told.status == 1 and told.out == ""
    assert "line 2: iso3 'XXX' is no code" in told.err
    assert "line 3: year 'soon'" in told.err
    assert "Traceback" not in told.err
    absent = beachhead("precedents", "rank", "xiaomi-2013", "--model", tmp_path / "none.json")
    assert absent.status == 1 and "no such file" in absent.err


@pytest.mark.slow
def test_fit_writes_one_small_file(beachhead: Run, entries: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    done = beachhead("precedents", "fit", "--entries", entries, "-o", out)
    assert done.status == 0, done.err
    assert "2 firms" in done.out
    assert out.stat().st_size < 100_000
    again = beachhead("precedents", "score", "--entries", entries, "--model", out)
    assert "No forecast" in again.out


def _shipped() -> Path:
    return Path(__file__).parents[2] / "src" / "beachhead" / "evidence" / "precedents.json"
