"""What the commands print and write."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from beachhead._version import __version__
from beachhead.data import SERIES


def test_version(beachhead) -> None:
    assert beachhead("--version").out == f"beachhead {__version__}\n"


def test_help_in_a_process_of_its_own(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from beachhead.cli import main; main()", "--help"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Exit status" in done.stdout


def test_help_loads_no_room_of_figures_or_arrays(beachhead) -> None:
    program = (
        "import sys; from beachhead.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([m for m in sys.modules if m in "
        "('polars', 'pydantic', 'numpy', 'jax', 'xarray', 'altair', 'scipy', 'rich')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_cases(beachhead) -> None:
    assert "xiaomi-2013" in beachhead("cases").out
    assert set(json.loads(beachhead("cases", "--json").out)) >= {"xiaomi-2013", "small-exporter"}


def test_new_case_passes_check_and_is_never_overwritten(beachhead, tmp_path: Path) -> None:
    assert beachhead("new", "acme", folder=tmp_path).status == 0
    checked = beachhead("check", "acme.toml", folder=tmp_path)
    assert checked.status == 0, checked.err
    assert checked.out.startswith("acme: in order. 26 candidates, 2024Q3 to 2030Q2.")
    assert checked.out.endswith("\nPlausible? PASS\n")
    assert "REVIEW" not in checked.out
    (tmp_path / "acme.toml").write_text("mine")
    again = beachhead("new", "acme", folder=tmp_path)
    assert again.status == 1 and "there already" in again.err
    assert (tmp_path / "acme.toml").read_text() == "mine"


def test_new_workbook_is_a_case_and_is_never_overwritten(beachhead, tmp_path: Path) -> None:
    made = beachhead("new", "acme", "--xlsx", folder=tmp_path)
    assert made.status == 0 and "beachhead plan acme.xlsx" in made.out
    ranked = beachhead("screen", "acme.xlsx", folder=tmp_path)
    assert ranked.status == 0, ranked.err
    assert "26 candidates" in ranked.out
    content = (tmp_path / "acme.xlsx").read_bytes()
    again = beachhead("new", "acme", "--xlsx", folder=tmp_path)
    assert again.status == 1 and "there already" in again.err
    assert (tmp_path / "acme.xlsx").read_bytes() == content


def test_screen_shows_contributions_and_holes(beachhead) -> None:
    answer = beachhead("screen", "xiaomi-2013", "--top", "12")
    assert answer.status == 0
    lines = answer.out.splitlines()
    assert lines[1].split()[:4] == ["rank", "market", "score", "cover"]
    assert max(map(len, lines[:15])) <= 100
    taiwan = next(line for line in lines if "Taiwan" in line)
    assert " - " in taiwan and "100%" not in taiwan
    assert any(line.startswith("  Taiwan: ") and "no figure" in line for line in lines)
    assert max(map(len, lines)) <= 100
    for word in ("effective", "without it", "Agreement: weighted sum and TOPSIS", "PROMETHEE"):
        assert word in answer.out
    found = json.loads(beachhead("screen", "xiaomi-2013", "--json").out)
    assert len(found["markets"]) == 216
    assert {"weights", "agreement", "without", "criteria", "method"} <= set(found)
    short = json.loads(beachhead("screen", "xiaomi-2013", "--json", "--top", "3").out)
    assert len(short["markets"]) == 3


def test_screen_shows_floors_and_overrides_with_their_reasons(beachhead, tmp_path: Path) -> None:
    text = beachhead("new", "acme", folder=tmp_path) and (tmp_path / "acme.toml").read_text()
    asked = """
[screening]
method = "topsis"
floors = { institutions = 0.5 }
criteria = [{ key = "towns", column = "urban_pop_pct", low = 20, high = 100, weight = 0.1 }]
overrides = [{ market = "France", score = 0.95, reason = "our partner is there" }]
"""
    (tmp_path / "acme.toml").write_text(text + asked)
    answer = beachhead("screen", "acme.toml", folder=tmp_path)
    assert answer.status == 0, answer.err
    assert max(map(len, answer.out.splitlines())) <= 100
    assert answer.out.splitlines()[2].split()[:3] == ["1", "France*", "0.950"]
    assert "our partner is there" in answer.out
    assert "Short of a floor, without a rank:" in answer.out
    assert "Only --json has room for openness." in " ".join(answer.out.split())
    (tmp_path / "acme.toml").write_text(text + asked.replace("France", "Frence"))
    answer = beachhead("check", "acme.toml", folder=tmp_path)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.count("Frence") == 1


def test_data_distance_shows_the_pair(beachhead) -> None:
    answer = beachhead("data", "distance", "India", "UK", "--as-of", "2013-03-31")
    lines = answer.out.splitlines()
    assert lines[0].startswith("India (IND) and United Kingdom (GBR): distance ")
    assert max(map(len, lines)) <= 100
    for word in ("cultural", "administrative", "geographic", "economic", "Sources: "):
        assert word in answer.out
    found = json.loads(beachhead("data", "distance", "IND", "GBR", "--json").out)
    assert {tie["component"] for tie in found["ties"]} >= {"blocs", "income"}
    seen = beachhead("data", "distance", "IND", "GBR", "--case", "xiaomi-2013").out
    assert seen == answer.out
    both = ("--case", "xiaomi-2013", "--as-of", "2013-03-31")
    assert beachhead("data", "distance", "IND", "GBR", *both).status == 1


def test_explain(beachhead) -> None:
    assert "stands in" in beachhead("explain", "entry.haste").out
    assert "E2 Acceptance" in beachhead("explain", "acceptance").out
    every = beachhead("explain").out
    judged = beachhead("explain", "--evidence", "J").out
    assert len(judged.splitlines()) < len(every.splitlines())


def test_data_show_gives_year_source_and_status(beachhead) -> None:
    text = beachhead("data", "show", "Taiwan", "--as-of", "2013-03-31").out
    assert text.startswith("Taiwan (TWN). Only figures that count as published by 2013-03-31")
    assert all(f"[{series.key}]" in text for series in SERIES)
    assert "no figure" in text and "2011  figure" in text
    rows = json.loads(beachhead("data", "show", "TWN", "--json").out)
    assert {"series", "value", "year", "source", "status", "note"} <= set(rows[0])


def test_a_case_shows_its_own_figures(beachhead, tiny: Path, tmp_path: Path) -> None:
    columns = '[[markets.columns]]\nkey = "dealers"\nwords = "dealers who asked"\nunit = "firms"\n'
    text = tiny.read_text("utf-8").replace(
        "[markets]", '[markets]\ntable = ["mine.csv", "hhi.csv"]'
    )
    (tmp_path / "acme.toml").write_text(f"{text}\n{columns}", "utf-8")
    (tmp_path / "mine.csv").write_bytes(
        "country;dealers;hdi\nÖsterreich;14;\nCzechia;;0,5".encode()
    )
    (tmp_path / "hhi.csv").write_text("iso3,key,value,source\nCZE,hhi,0.25,survey\n")
    checked = beachhead("check", "acme.toml", folder=tmp_path)
    assert checked.status == 0, checked.err
    assert "3 own figures (tables: mine.csv, hhi.csv)." in checked.out
    assert "With 3 figures of your own." in checked.out
    case = ("--case", "acme.toml")
    rows = json.loads(beachhead("data", "show", "CZ", *case, "--json", folder=tmp_path).out)
    found = {row["series"]: row for row in rows}
    assert (found["hdi"]["value"], found["hdi"]["source"]) == (0.5, "mine.csv")
    assert found["hdi"]["note"].startswith("own figure of 2024-06-30 (source), in place of 0.")
    assert (found["hhi"]["value"], found["hhi"]["source"]) == (0.25, "survey")
    assert found["dealers"]["status"] == "none"
    assert found["population"]["status"] == "figure"
    other = beachhead("data", "show", "AT", *case, "--as-of", "2020-01-01", folder=tmp_path)
    assert other.status == 1 and "as_of is 2020-01-01" in other.err


def test_reader_that_stops_early_is_no_fault(beachhead) -> None:
    line = f'"{sys.executable}" -c "from beachhead.cli import main; main()" explain | head -1'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [(), ("data",)], ids=["program", "group"])
def test_program_alone_shows_its_help(beachhead, arguments: tuple[str, ...]) -> None:
    answer = beachhead(*arguments)
    assert "Commands:" in answer.out + answer.err
