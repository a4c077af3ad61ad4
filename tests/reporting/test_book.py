"""The workbook's formulas say what Python says, and no text of it is a formula."""

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from beachhead.planning import Strategy
from beachhead.reporting.book import FORMULA, list_pages, neutralise, write_book
from beachhead.reporting.frames import list_quarters
from beachhead.reporting.pictures import write_pictures


def reckon(book: openpyxl.Workbook, sheet: str, place: str) -> float:
    """Value of a cell, its formulas worked out: SUM of a range, SUMIF of a beginning."""
    value = book[sheet][place].value
    if not (isinstance(value, str) and value.startswith("=")):
        return float(value or 0.0)
    if match := re.fullmatch(r"=SUM\((\w+):(\w+)\)", value):
        cells = book[sheet][match[1] : match[2]]
        return sum(reckon(book, sheet, cell.coordinate) for row in cells for cell in row)
    pattern = r"=SUMIF\((\w+)!\$A\$(\d+):\$A\$(\d+),\$(A\d+)&\"\*\",\w+!([A-Z]+)\$\d+:\w+\$\d+\)"
    match = re.fullmatch(pattern, value)
    assert match, value
    other, first, last, key, column = match.groups()
    year = str(book[sheet][key].value)
    return sum(
        reckon(book, other, f"{column}{row}")
        for row in range(int(first), int(last) + 1)
        if str(book[other][f"A{row}"].value).startswith(year)
    )


@pytest.fixture(scope="module")
def book(answer, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    given = answer.case, answer.panel, answer.ranking, answer.plan, answer.futures, answer.why
    write_book(path, *given)
    content = path.read_bytes()
    write_book(path, *given)
    assert path.read_bytes() == content  # no time of day in it
    return openpyxl.load_workbook(path)


def columns(sheet) -> dict[str, str]:
    return {str(cell.value).replace(" ", "_"): cell.column_letter for cell in sheet[2]}


def test_formulas_are_the_sums(book: openpyxl.Workbook, answer) -> None:
    quarters = list_quarters(answer.futures)
    letters, last = columns(book["Quarters"]), 2 + quarters.height
    for name in ("revenue_home", "revenue_abroad", "revenue", "opening", "sales", "flow"):
        letter = letters[name]
        total = reckon(book, "Quarters", f"{letter}{last + 1}")
        assert total == pytest.approx(float(quarters[name].sum()), rel=1e-9), name
        assert str(book["Quarters"][f"{letter}{last + 1}"].value).startswith("=SUM(")
        for row, value in ((3, quarters[name][0]), (last, quarters[name][-1])):
            assert reckon(book, "Quarters", f"{letter}{row}") == pytest.approx(value, rel=1e-9)
    # What a market brings over the horizon, and all of them in a quarter.
    lines, ledger = columns(book["Markets"]), answer.futures["ledger"]
    for row, iso3 in enumerate(answer.futures["market"].values, start=3):
        flow = float(ledger.sel(market=iso3).sum())
        assert reckon(book, "Markets", f"{lines['flow']}{row}") == pytest.approx(flow, abs=1e-3)
    every = columns(book["Cash flow"])["all"]
    whole = reckon(book, "Cash flow", f"{every}{last + 1}")
    assert whole == pytest.approx(float(ledger.sum()), rel=1e-9)


def test_years_sum_their_quarters(book: openpyxl.Workbook, answer) -> None:
    quarters = list_quarters(answer.futures)
    letter = columns(book["Years"])["revenue"]
    years = quarters.group_by(pl.col("quarter").str.head(4), maintain_order=True).agg(
        pl.col("revenue").sum()
    )
    for row, (year, revenue) in enumerate(years.iter_rows(), start=3):
        assert str(book["Years"][f"A{row}"].value) == year
        assert reckon(book, "Years", f"{letter}{row}") == pytest.approx(revenue, rel=1e-9)


def test_text_is_never_a_formula(answer, tmp_path: Path) -> None:
    evil = [f"{sign}HYPERLINK(1)" for sign in FORMULA]
    strategies = tuple(Strategy(text, text, None, 0, 1.0, 1.0, 0.0, True) for text in evil)
    plan = replace(answer.plan, named_strategies=strategies)
    path = tmp_path / "report.xlsx"
    write_book(path, answer.case, answer.panel, answer.ranking, plan, answer.futures)
    book = openpyxl.load_workbook(path)
    sheet = book["Strategies"]
    said = [str(sheet.cell(row, 1).value) for row in range(4, 4 + len(evil))]
    assert said[:4] == [f"'{text}" for text in evil[:4]]
    pages = {
        page.title: page
        for page in list_pages(answer.case, answer.panel, answer.ranking, plan, answer.futures)
    }
    for page in book:
        sums = {*pages[page.title].sums, *pages[page.title].total, *pages[page.title].years}
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert str(page.cell(2, cell.column).value).replace(" ", "_") in sums
                elif isinstance(cell.value, str):
                    assert not cell.value.startswith(FORMULA), (page.title, cell.coordinate)
    assert neutralise("a=b") == "a=b" and neutralise("\x00=1") == "'=1"


def test_pictures_are_files_of_their_kind(answer, tmp_path: Path) -> None:
    from beachhead.reporting.fans import draw_fans
    from beachhead.reporting.summary import summarise

    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    fans = draw_fans(answer.case, summary, answer.futures)
    specs = {name: fans[name] for name in ("cash", "sales")}
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "old.png").write_bytes(b"of another plan")
    assert write_pictures(folder, specs, "png") == ["cash.png", "sales.png"]
    assert write_pictures(folder, specs, "svg") == ["cash.svg", "sales.svg"]
    assert {path.name for path in folder.iterdir()} == {
        "cash.png", "cash.svg", "sales.png", "sales.svg",
    }  # fmt: skip
    assert (folder / "cash.png").read_bytes().startswith(b"\x89PNG")
    text = (folder / "cash.svg").read_text("utf-8")
    assert text.startswith("<svg") and "Cash at the end of each quarter" in text
    assert not re.search(r"(href|src)=.https?:", text)
