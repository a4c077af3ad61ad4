"""Commands about the country figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import world_bank
from world_bank import Bank, serve_own

from beachhead import data
from beachhead.cli import main
from beachhead.data.build import PACKAGED
from beachhead.data.worldbank import Patience


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    bank = Bank(most=10_000)
    with bank.serve() as bank.address:
        yield bank


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The program in this process, with little patience: status, output, errors."""
    monkeypatch.setattr(
        data, "update", partial(data.update, patience=Patience(timeout=5, tries=2, pause=0.001))
    )
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["beachhead", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_update_tells_what_changed_on_one_screen(
    bank: Bank, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_own(bank)
    del bank.rows["IC.BUS.DFRN.XQ"]
    code = "GOV_WGI_RL.EST"
    bank.rows[code] = [r for r in bank.rows[code] if r["countryiso3code"] != "TWN"]
    bank.rows["IT.NET.USER.ZS"].append(world_bank.row("IT.NET.USER.ZS", "FRA", 2025, 91.0))
    out = tmp_path / "panel"
    monkeypatch.setenv("BEACHHEAD_PANEL", str(out))
    status, text, err = run("data", "update", "--from", bank.address)
    assert (status, err) == (0, "")
    lines = text.splitlines()
    assert lines[0].startswith("Refreshed 23 of 25 series from the World Bank")
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100 or max(lines, key=len).endswith(str(out))
    online = next(line for line in lines if line.startswith("internet_users_pct")).split()
    assert online[1:] == ["3,740", ">", "3,741", "2024", ">", "2025", "208", ">", "208",
                          "1", "0", "0"]  # fmt: skip
    assert "Not in the answers, so as before: Taiwan (1 series)." in text
    assert "As before: ease_of_doing_business_score (IC.BUS.DFRN.XQ: the World Bank says" in text
    assert "As before: hdi (not the World Bank's: UNDP" in text
    assert "It is in use from now on" in text and "delete that folder" in text

    status, text, _ = run("data", "show")
    assert status == 0
    assert f"Folder: {out}" in text and "refreshed" in text
    status, text, _ = run("data", "show", "France")
    assert "WDI IT.NET.USER.ZS, updated 2026-07-01" in text


def test_update_elsewhere_says_how_to_use_it(bank: Bank, run, tmp_path: Path) -> None:
    serve_own(bank, "internet_users_pct")
    status, text, _ = run("data", "update", "--from", bank.address, "-o", tmp_path / "panel")
    assert status == 0
    assert "To use it, set BEACHHEAD_PANEL in the environment to that folder." in text
    assert (tmp_path / "panel" / "figures.parquet").is_file()


def test_update_that_fails_is_a_fault_without_a_traceback(bank: Bank, run, tmp_path: Path) -> None:
    serve_own(bank, "internet_users_pct")
    bank.always["IT.CEL.SETS.P2"] = world_bank.reset
    status, text, err = run("data", "update", "--from", bank.address, "-o", tmp_path / "panel")
    assert (status, text) == (1, "")
    assert err.startswith("error: ") and "does not answer" in err
    status, _, err = run("data", "update", "--from", "nowhere", "-o", tmp_path / "panel")
    assert status == 1 and "not the address of an interface" in err
    assert list(tmp_path.iterdir()) == []


def test_interrupted_update_leaves_the_panel(
    bank: Bank, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    # The module: the function of the same name stands before it in the package.
    monkeypatch.setattr(sys.modules["beachhead.data.update"], "fetch", stop)
    status, text, err = run("data", "update", "--from", bank.address, "-o", tmp_path / "panel")
    assert (status, text) == (130, "")
    assert "Interrupted: the panel stays as it was." in err
    assert list(tmp_path.iterdir()) == []


def test_show_is_two_aligned_lines_a_figure(run) -> None:
    status, text, _ = run("data", "show", "India", "--as-of", "2013-03-31")
    lines = text.splitlines()
    assert status == 0
    assert max(map(len, lines)) <= 100
    assert len(lines) <= 3 + 3 * len(data.SERIES)
    at = next(k for k, line in enumerate(lines) if line.startswith("people who use the internet"))
    assert lines[at].split()[-4:] == ["10.07", "%", "of", "population"]
    assert lines[at + 1] == "  2011  figure    [internet_users_pct] WDI IT.NET.USER.ZS"


def test_show_without_a_market_tells_of_the_panel_in_use(run) -> None:
    status, text, _ = run("data", "show")
    assert status == 0
    assert "as shipped" in text.replace("\n", " ") and f"Folder: {PACKAGED}" in text
    assert all(series.key in text for series in data.SERIES)
    told = json.loads(run("data", "show", "--json")[1])
    assert told["origin"] == "as shipped"
    assert told["series"][0]["figures"] == 4496
