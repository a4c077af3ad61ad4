"""The report as a workbook: figures as numbers, totals as formulas, text as nothing but text."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import xarray as xr

from beachhead.calibration import believe
from beachhead.cases import Case, overlay
from beachhead.data import Panel
from beachhead.files import write_atomic
from beachhead.planning import Plan
from beachhead.planning.grounds import Why
from beachhead.planning.plan import GateUse, MeasureUse, Strategy
from beachhead.reporting import frames, sentences, tables
from beachhead.reporting.summary import summarise, weigh
from beachhead.reporting.tables import Table
from beachhead.reporting.why import list_rejected
from beachhead.screening import Ranking
from beachhead.sheets import pack_workbook
from beachhead.simulation import Beliefs
from beachhead.simulation.facts import gather

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# A spreadsheet program takes a text that begins so for a formula, also from a CSV file that
# somebody makes of the sheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNHELD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MOST = 32_767  # characters of a cell
_WIDEST = 60  # characters
_NUMBER, _SMALL = "#,##0", "#,##0.00"


@dataclass(frozen=True)
class Page:
    """A sheet: its name, what stands in it, its table, and what is summed.

    `total`: columns that are summed in a last row. `sums`: columns that are the sum of others of
    their row. `years`: columns that are sums over the rows of a year of the sheet `of`.
    """

    title: str
    words: str
    frame: pl.DataFrame
    total: Sequence[str] = ()
    sums: Mapping[str, Sequence[str]] = field(default_factory=dict)
    years: Sequence[str] = ()
    of: str = ""


def write_book(
    path: Path,
    case: Case,
    panel: Panel,
    ranking: Ranking,
    plan: Plan,
    futures: xr.Dataset,
    why: Why | None = None,
    beliefs: Beliefs | None = None,
) -> None:
    """Write the figures of a report as a workbook (.xlsx); arguments as of `write_report`.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    pages = list_pages(case, panel, ranking, plan, futures, why, beliefs)
    write_atomic(path, lambda file: pack_workbook(_draw(pages), file))


def list_pages(
    case: Case,
    panel: Panel,
    ranking: Ranking,
    plan: Plan,
    futures: xr.Dataset,
    why: Why | None = None,
    beliefs: Beliefs | None = None,
) -> list[Page]:
    """The sheets of the workbook, the answer first."""
    panel = overlay(case, panel)
    case = case.resolve(panel)
    names, summary = panel.names, summarise(case, plan.schedule, futures)
    beliefs = beliefs or believe(case, panel)
    lines = [str(line) for line in futures["line"].values]
    markets = [str(iso3) for iso3 in futures["market"].values]
    money = f"{case.currency} of {case.as_of.year}, means of {futures.sizes['world']:,} worlds"
    quarters = frames.list_quarters(futures)
    flows = ["revenue_home", "revenue_abroad", "revenue", *lines, "flow"]
    years = pl.DataFrame({"year": list(dict.fromkeys(q[:4] for q in quarters["quarter"]))})
    told = sentences.tell_reasons(why, names)
    duties = sentences.tell_duties(summary)
    answer = [*sentences.tell_answer(case, plan, summary), *duties, sentences.tell_limits(plan)]
    entries = len(plan.schedule.entries)
    own = Strategy(
        "this plan", "", None, entries, weigh(case, plan.value), plan.value.mean, summary.ruin, True
    )  # fmt: skip
    numbers = {
        "Schedule": (
            f"Who is entered when, how and why; value discounted, {money}",
            frames.list_launches(summary, futures, told),
        ),
        "Strategies": (
            "The plan beside named strategies",
            frames.list_rows((own, *plan.named_strategies)),
        ),
        "Targets": ("Targets and their chances", _say(case, plan, names)),
        "Measures": ("Measures and their worth", _date(case, plan.measures, "begin")),
        "Pilots": ("Gates and their worth", _date(case, plan.gates, "decision")),
        "Supply": ("What disruptions of components cost", frames.list_rows(plan.exposures)),
        "Rules": ("Rules of markets and their cost", frames.list_rows(plan.rules)),
        "Limits": ("Limits and the room in them", frames.list_rows(plan.limits)),
    }
    texts = {
        "Left alone": (
            "The nearest markets outside the plan, and what would have to change",
            list_rejected(why, names) if why else Table((), ()),
        ),
        "Parameters": ("Parameters with evidence", tables.list_parameters(beliefs)),
        "Inputs": ("What the case itself says", tables.list_inputs(case, panel)),
        "Figures": ("Figures with source and year", tables.list_figures(case, panel, markets)),
        "Holes": (
            "Figures that are older than most, or that something stands in for",
            tables.list_stand_ins(gather(case, panel).notes, names),
        ),
    }
    pages = [
        Page("Answer", "The answer", pl.DataFrame({"answer": answer})),
        Page(
            "Quarters",
            f"Money and people by quarter, {money}; costs are negative",
            quarters,
            flows,
            {"revenue": ("revenue_home", "revenue_abroad"), "flow": lines},
        ),
        Page("Years", f"Money by year, {money}", years, flows, {}, flows, "Quarters"),
        Page(
            "Markets",
            f"What each market costs and brings over the horizon, {money}",
            frames.list_lines(futures),
            [*lines, "flow"],
            {"flow": lines},
        ),
        Page(
            "Units",
            "Units sold by quarter and market, means of worlds",
            frames.list_by_market(futures, "units").with_columns(all=pl.lit(0.0)),
            [*markets, "all"],
            {"all": markets},
        ),
        Page(
            "Cash flow",
            f"What each market costs and brings by quarter, {money}",
            frames.list_by_market(futures, "flow").with_columns(all=pl.lit(0.0)),
            [*markets, "all"],
            {"all": markets},
        ),
    ]
    if why is not None:
        words = f"What each market brings itself and to others, {money}, discounted"
        pages.append(Page("Contributions", words, frames.tabulate(why), ["own"]))
    pages += [
        Page(title, words, frame) for title, (words, frame) in numbers.items() if frame.height
    ]
    pages += [
        Page(title, words, _to_frame(table))
        for title, (words, table) in texts.items()
        if table.rows
    ]
    return [*pages, Page("Screening", "Every candidate's score", ranking.table)]


def neutralise(text: str) -> str:
    """Text as a cell can hold it, with an apostrophe before what would pass for a formula."""
    text = _UNHELD.sub("", text)[: _MOST - 1]
    return f"'{text}" if text.startswith(FORMULA) else text


def _date(case: Case, uses: Sequence[MeasureUse | GateUse], name: str) -> pl.DataFrame:
    """What a plan says of measures or gates, with the label of a quarter in place of its number."""
    labels = [case.quarter_label(getattr(use, name)) if use.taken else "" for use in uses]
    frame = frames.list_rows(uses)
    return frame.with_columns(pl.Series(name, labels)) if frame.height else frame


def _say(case: Case, plan: Plan, names: Mapping[str, str]) -> pl.DataFrame:
    """Targets with what they ask for in words."""
    said = [sentences.name_target(case, case.targets[use.number], names) for use in plan.targets]
    frame = frames.list_rows(plan.targets)
    return frame.insert_column(0, pl.Series("target", said)) if frame.height else frame


def _to_frame(table: Table) -> pl.DataFrame:
    """A table of text; heads that are there twice, or empty, are told apart by their number."""
    heads = [head.rstrip("#") for head in table.heads]
    heads = [
        head if head and heads.count(head) == 1 else f"{head} {k + 1}".strip()
        for k, head in enumerate(heads)
    ]
    rows = [[cell.replace("\u00a0", " ") for cell in row] for row in table.rows]
    return pl.DataFrame(rows, dict.fromkeys(heads, pl.String), orient="row")


def _draw(pages: Sequence[Page]) -> Workbook:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "beachhead"
    book.properties.created = book.properties.modified = datetime.datetime(2000, 1, 1)
    rows = {page.title: page.frame.height for page in pages}
    columns = {page.title: page.frame.columns for page in pages}
    for page in pages:
        _draw_page(book.create_sheet(page.title), page, rows, columns)
    return book


def _draw_page(
    sheet: Worksheet, page: Page, rows: Mapping[str, int], columns: Mapping[str, Sequence[str]]
) -> None:
    """What stands in the sheet above it, then the heads, the rows, and the totals."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    heads = [*page.frame.columns, *(name for name in page.years if name not in page.frame.columns)]
    letters = {name: get_column_letter(k) for k, name in enumerate(heads, start=1)}
    strong, flow = Font(bold=True), Alignment(vertical="top", wrap_text=True)
    first, last = 3, 2 + page.frame.height
    _put(sheet, 1, 1, page.words).font = strong
    for column, name in enumerate(heads, start=1):
        _put(sheet, 2, column, name.replace("_", " ")).font = strong
    for row, cells in enumerate(page.frame.iter_rows(named=True), start=first):
        for column, name in enumerate(heads, start=1):
            if name in page.sums:
                formula = _add(page.sums[name], letters, row)
            elif name in page.years:
                formula = _add_year(page.of, name, columns[page.of], rows[page.of], row)
            else:
                _put(sheet, row, column, cells[name]).alignment = flow
                continue
            _put_formula(sheet, row, column, formula)
    if page.total and page.frame.height:
        _put(sheet, last + 1, 1, "total").font = strong
        for column, name in enumerate(heads, start=1):
            if name in page.total:
                formula = f"SUM({letters[name]}{first}:{letters[name]}{last})"
                _put_formula(sheet, last + 1, column, formula).font = strong
    for name in heads:
        sheet.column_dimensions[letters[name]].width = _find_width(page, name)
    sheet.freeze_panes = "B3"


def _find_width(page: Page, name: str) -> int:
    """Width of a column in characters: that of its longest text, within bounds."""
    if name not in page.frame.columns or page.frame[name].dtype.is_numeric():
        return max(len(name), 14) + 2
    return min(_WIDEST, max(map(len, [name, *map(str, page.frame[name])])) + 2)


def _add(names: Sequence[str], letters: Mapping[str, str], row: int) -> str:
    """Sum of neighbouring columns of a row."""
    return f"SUM({letters[names[0]]}{row}:{letters[names[-1]]}{row})"


def _add_year(sheet: str, name: str, heads: Sequence[str], height: int, row: int) -> str:
    """Sum of a column of another sheet over the rows whose label begins with a row's year."""
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(list(heads).index(name) + 1)
    last = 2 + height
    return f'SUMIF({sheet}!$A$3:$A${last},$A{row}&"*",{sheet}!{letter}$3:{letter}${last})'


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:
    place = sheet.cell(row, column)
    if isinstance(value, str):
        place.value, place.data_type = neutralise(value), "s"
    elif isinstance(value, bool) or value is None:
        place.value = value
    elif isinstance(value, int | float):
        place.value = value if value == value else None  # a cell holds no nan
        small = isinstance(value, float) and abs(value) < 1000
        place.number_format = _SMALL if small else _NUMBER if isinstance(value, float) else "0"
    else:
        place.value, place.data_type = neutralise(str(value)), "s"
    return place


def _put_formula(sheet: Worksheet, row: int, column: int, formula: str) -> Any:
    place = sheet.cell(row, column)
    place.value, place.number_format = f"={formula}", _NUMBER
    return place
