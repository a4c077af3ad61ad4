"""Bad input is said in a sentence, with the place and the way out, and exits with status 1."""

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

COMMANDS = ("check", "plan", "screen")
PROGRAM = "from beachhead.cli import main; main()"


def refuse(answer, *parts: str) -> None:
    assert answer.status == 1, answer.err
    assert "Traceback" not in answer.err
    assert answer.err.startswith("error: ")
    assert answer.out == ""
    for part in parts:
        assert part in answer.err, answer.err


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_file(beachhead, tmp_path: Path, command: str) -> None:
    refuse(beachhead(command, tmp_path / "absent.toml"), "absent.toml", "no such file")


def test_bundled_name_with_a_typing_error(beachhead, tmp_path: Path) -> None:
    refuse(beachhead("check", "xiaomi-2012", folder=tmp_path), "'xiaomi-2013'")


def test_broken_toml(beachhead, changed) -> None:
    path = changed('name = "Tiny"', 'name = "Tiny')
    refuse(beachhead("plan", path), "not valid TOML", "line 10", str(path))


def test_unknown_market(beachhead, changed) -> None:
    path = changed('"CZE"', '"Chechia"')
    refuse(beachhead("plan", path), "'Chechia'", "Czechia", "markets.candidates[1]", str(path))


def test_negative_price(beachhead, changed) -> None:
    path = changed("price = 45.0", "price = -45.0")
    refuse(beachhead("plan", path), "price is -45.0", "product.price", "line 17")


@pytest.mark.parametrize("quarters", [0, 400])
def test_horizon_out_of_range(beachhead, changed, quarters: int) -> None:
    path = changed("quarters = 8", f"quarters = {quarters}")
    refuse(beachhead("plan", path), f"quarters is {quarters}", "line 5", "horizon in quarters")


def test_conflicting_limits_are_all_named(beachhead, changed) -> None:
    path = changed(
        'must = ["DEU"]',
        'must = ["DEU"]\nnever = ["DEU"]\nby = {CZE = "2025Q2"}\n'
        'fixed = {SVN = "2025Q3"}\nafter = [["CZE", "SVN"]]',
    )
    answer = beachhead("plan", path)
    refuse(answer, "DEU is to be entered, but limits.never excludes it", "CZE", "SVN")
    assert answer.err.count("error: ") >= 2


def test_limits_that_no_schedule_keeps(beachhead, changed, tmp_path: Path) -> None:
    path = changed("capital = 4e6", "capital = 4e6\ncash_floor = 5e6")
    refuse(beachhead("plan", path, folder=tmp_path), "cash_floor", "limits.cash_floor")
    assert not (tmp_path / "runs").exists()


def test_folder_without_permission_is_refused_before_the_search(
    beachhead, tiny: Path, tmp_path: Path
) -> None:
    # A path under a file cannot be written to by anybody, root included.
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "run"
    refuse(beachhead("plan", tiny, "-o", out), str(out), "cannot write", "Choose a folder")
    refuse(beachhead("new", "acme", folder=Path("/proc")), "acme.toml", "cannot write")


def test_folder_with_other_things_is_refused(beachhead, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("")
    refuse(beachhead("plan", tiny, "-o", tmp_path), "thesis.doc", "Name another folder")


def test_unknown_parameter_and_impossible_value(beachhead, changed) -> None:
    path = changed('must = ["DEU"]', '[parameters]\n"entry.hast" = 1.0\n"acceptance.p0" = -1.0')
    answer = beachhead("check", path)
    refuse(answer, "entry.hast", "'entry.haste'", "acceptance.p0 is -1")


def test_schedule_at_fault(beachhead, tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    path.write_text("iso3,name,enter,mode,localisation\nFRA,France,2024Q9,shop,0\n")
    answer = beachhead("simulate", tiny, "--schedule", path)
    refuse(answer, "2024Q9", "'shop'", "line 2")


def test_own_figures_at_fault_are_all_named(beachhead, changed, tmp_path: Path) -> None:
    tables = '["latin.csv", "binary.csv", "large.csv", "book.xlsx", "book.xlsx#No"]'
    path = changed("[markets]", f"[markets]\ntable = {tables}")
    latin = "country;hdi;tariff\nCôte d'Ivoire;0,5;\nTürkiye;0,85;20\nNA;0,6;0,1\nS Korea;;1,234\n"
    (tmp_path / "latin.csv").write_bytes(latin.encode("cp1252"))
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "large.csv").touch()
    os.truncate(tmp_path / "large.csv", 200 * 2**20)
    book = openpyxl.Workbook()
    for row in (("iso3", "hdi", "date"), ("SVN", "high", 41364), ("CZE", "=1/2", None)):
        book.active.append(row)
    book.active["A6"] = "DEU"
    book.active.merge_cells("A6:B7")
    book.save(tmp_path / "book.xlsx")
    answer = beachhead("plan", path, folder=tmp_path)
    refuse(
        answer,
        "latin.csv, line 3, tariff: tariff of TUR is 20",
        "binary.csv",
        "not text",
        "large.csv: larger than 32 MB",
        "book.xlsx, sheet 'Sheet', cell B3: a formula without a stored value",
    )
    assert "Ivoire" not in answer.err and "NAM" not in answer.err
    assert not (tmp_path / "runs").exists()


def test_workbook_of_own_figures_at_fault(beachhead, changed, tmp_path: Path) -> None:
    path = changed("[markets]", '[markets]\ntable = "book.xlsx#Mine"')
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Mine")
    for row in (("iso3", "hdi", "date"), ("SVN", "high", 41364), ("Chechia", 0.5, "2024-06-30")):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    refuse(
        beachhead("check", path, folder=tmp_path),
        "book.xlsx, sheet 'Mine', row 2, hdi: hdi is 'high'",
        "row 2, date: date is '41364'. Format the cell as a date.",
        "row 3, iso3: no market 'Chechia'. Did you mean 'Czechia'?",
    )


def test_report_of_something_else(beachhead, tmp_path: Path) -> None:
    refuse(beachhead("report", tmp_path / "absent"), "no such run folder")
    refuse(beachhead("report", tmp_path), "run.json is missing")


def test_data_that_is_not_there(beachhead, tmp_path: Path) -> None:
    refuse(beachhead("data", "show", "Swaziland-upon-Thames"), "no market")
    refuse(beachhead("data", "show", "India", "--as-of", "soon"), "as_of is 'soon'", "YYYY-MM-DD")
    refuse(beachhead("data", "build", "--from", tmp_path, "-o", tmp_path / "panel"), "world.csv.gz")


@pytest.mark.parametrize("name", ["../acme", "a" * 300])
def test_name_that_cannot_be_a_file(beachhead, tmp_path: Path, name: str) -> None:
    refuse(beachhead("new", name, folder=tmp_path), repr(name), "at most 100")
    refuse(beachhead("check", name, folder=tmp_path), name, "no such file")


def test_workbook_that_is_none(beachhead, tmp_path: Path) -> None:
    (tmp_path / "acme.xlsx").write_text("name = 'acme'")
    refuse(beachhead("check", "acme.xlsx", folder=tmp_path), "acme.xlsx: not an Excel workbook")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [("cases",), ("screen", "xiaomi-2013", "--json")])
def test_output_on_a_full_disk(environment, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "small-exporter", "--effort", "heroic"),
        ("plan", "small-exporter", "--seed", "x"),
        ("nonsense",),
        ("simulate", "small-exporter"),
        ("screen", "small-exporter", "--top", "0"),
    ],
)
def test_wrong_usage_exits_with_two(beachhead, arguments: tuple[str, ...]) -> None:
    answer = beachhead(*arguments)
    assert answer.status == 2
    assert "Usage: " in answer.err
    assert "Traceback" not in answer.err
