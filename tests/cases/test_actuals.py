"""A table of what happened is read, or everything that is wrong with it is said."""

from pathlib import Path

import openpyxl
import pytest

from beachhead.cases import Case
from beachhead.cases.actuals import Actual, read_actuals
from beachhead.data import load_panel
from beachhead.errors import InputError

CASE = Case.load("small-exporter")
PANEL = load_panel(as_of=CASE.as_of)
HEAD = "market,quarter,metric,value,mode,localisation"


def read(tmp_path: Path, *rows: str) -> tuple[Actual, ...]:
    path = tmp_path / "actuals.csv"
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    return read_actuals(path, CASE, PANEL)


def test_rows_come_as_they_stand(tmp_path: Path) -> None:
    home = PANEL.find(CASE.firm.home)
    assert read(
        tmp_path, "home,2025Q1,units,120.5,,", "Germany,2025-Q1,entered,,online,0.5",
        ",2025q2,cash,-3e6,,", "DEU,2025Q2,exited,0,,",
    ) == (
        Actual(home, "2025Q1", "units", 120.5),
        Actual("DEU", "2025Q1", "entered", 1.0, "online", 0.5),
        Actual("", "2025Q2", "cash", -3e6),
        Actual("DEU", "2025Q2", "exited", 0.0),
    )  # fmt: skip


def test_a_sheet_reads_the_same(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("iso3", "quarter", "metric", "value"), ("DEU", "2025Q1", "units", 7)):
        book.active.append(row)
    book.save(tmp_path / "actuals.xlsx")
    found = read_actuals(tmp_path / "actuals.xlsx", CASE, PANEL)
    assert found == (Actual("DEU", "2025Q1", "units", 7.0),)


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(
            tmp_path, "Germny,2025Q5,unit,x,onlin,2", "DEU,2025Q1,units,-1,,",
            "DEU,2025Q1,cash,5,,", "DEU,2025Q2,entered,0.5,,", "FRA,2025Q1,units,,,",
            "ITA,2025Q1,units,1,,", "Italy,2025-Q1,units,2,,",
        )  # fmt: skip
    told = "\n".join(map(str, caught.value.problems))
    for words in (
        "no metric 'unit'. Did you mean 'units'?", "'2025Q5' is no quarter", "'x' is no number",
        "no mode 'onlin'. Did you mean 'online'?", "localisation is 2", "units is -1",
        "cash is of the firm, not of DEU", "entered is 0.5", "'' is no number",
        "ITA 2025Q1 units stands there 2 times",
    ):  # fmt: skip
        assert words in told, (words, told)
