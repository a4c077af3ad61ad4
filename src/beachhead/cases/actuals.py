"""What happened: figures of the firm by market and quarter, from a table that it keeps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from beachhead.cases import quarters
from beachhead.cases.case import Case, Mode
from beachhead.cases.inputs import MARKET
from beachhead.errors import InputError, Problem, suggest
from beachhead.tables import Row, Table, cut, read_table

if TYPE_CHECKING:
    from beachhead.data import Panel

# Of each metric, what it is; all but those of the firm are of a market.
METRICS = {
    "units": "units sold in the quarter",
    "revenue": "sales of the quarter, in the case's currency",
    "entry_cost": "paid for opening the market in the quarter, in the case's currency",
    "flow": "all that the market brought in the quarter less all that it cost, entry cost included",
    "entered": "1 where sales began in the quarter, 0 where the market was not entered after all",
    "exited": "1 where the market was left at the end of the quarter",
    "share": "share of all units sold in the market in the quarter, 0 to 1",
    "cash": "the firm's cash at the end of the quarter, in the case's currency",
    "home_rank": "the firm's place at home by units, among the brands of the case",
}
SIGNED = ("flow", "cash")  # others are 0 or more
OF_FIRM = ("cash", "home_rank")
OTHERS = ("mode", "localisation", "source", *MARKET)


@dataclass(frozen=True)
class Actual:
    """One figure. `market`: ISO3 code, empty for those of the firm; `quarter`: label.

    `mode` and `localisation` of an entry where they are said.
    """

    market: str
    quarter: str
    metric: str
    value: float
    mode: Mode | None = None
    localisation: float | None = None
    source: str = ""


def read_quarter(text: str, where: str) -> str:
    """Label of a quarter that a user writes: 2015Q1 or 2015-Q1.

    Raises
    ------
    InputError
        If it is none; `where` says where it stands.
    """
    label = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(quarters.LABEL, label):
        raise InputError(Problem(f"{text!r} is no quarter", where, "Write it as in 2014Q3."))
    return label


def read_actuals(path: str | Path, case: Case, panel: Panel) -> tuple[Actual, ...]:
    """Read a table of actuals, in the order of its rows.

    Parameters
    ----------
    path : str or Path
        CSV file or sheet of a workbook with the columns market (or iso3), quarter, metric and
        value; others may be mode, localisation, source and name. `market` may be `home`, and is
        empty for figures of the firm.
    case : Case
        Whose home is meant.
    panel : Panel
        That knows the names of markets.

    Raises
    ------
    InputError
        With every cell at fault.
    """
    table = read_table(path)
    naming = next((name for name in MARKET if name in table.columns), "market")
    table.demand((naming, "quarter", "metric", "value"), OTHERS)
    actuals: list[Actual] = []
    problems: list[Problem] = []
    for row in table.rows:
        try:
            actuals.append(_read_row(table, row, naming, case, panel))
        except InputError as error:
            problems += error.problems
    times = Counter((a.market, a.quarter, a.metric) for a in actuals)
    problems += [
        Problem(f"{' '.join(filter(None, key))} stands there {n} times", str(path), "Leave one.")
        for key, n in times.items()
        if n > 1
    ]
    if problems:
        raise InputError(*cut(problems))
    return tuple(actuals)


def _read_row(table: Table, row: Row, naming: str, case: Case, panel: Panel) -> Actual:
    cells, place = row.cells, row.place
    metric, name = cells["metric"], cells[naming]
    problems = []
    if metric not in METRICS:
        fix = suggest(metric, METRICS) or f"Known are {', '.join(METRICS)}."
        problems.append(Problem(f"no metric {metric!r}", f"{place}, metric", fix))
    market = label = ""
    try:
        label = read_quarter(cells["quarter"], f"{place}, quarter")
    except InputError as error:
        problems += error.problems
    if metric in OF_FIRM and name:
        what = f"{metric} is of the firm, not of {name}"
        problems.append(Problem(what, f"{place}, {naming}", "Leave the market empty."))
    elif metric in METRICS and metric not in OF_FIRM:
        try:
            market = panel.find(case.firm.home if name == "home" else name)
        except InputError as error:
            problems += [Problem(p.what, f"{place}, {naming}", p.fix) for p in error.problems]
    value, level = 1.0, None
    for column in ("value", "localisation"):
        text = cells.get(column, "")
        if not text and (column != "value" or metric in ("entered", "exited")):
            continue
        try:
            number = table.number(text)
        except ValueError as error:
            what = f"{text!r} is no number"
            problems.append(Problem(what, f"{place}, {column}", str(error)))
            continue
        problems += [Problem(what, f"{place}, {column}", fix)
                     for what, fix in _find_fault(metric, column, number)]  # fmt: skip
        value, level = (number, level) if column == "value" else (value, number)
    mode = next((known for known in get_args(Mode) if known == cells.get("mode")), None)
    if cells.get("mode") and mode is None:
        fix = suggest(cells["mode"], get_args(Mode)) or f"Modes are {', '.join(get_args(Mode))}."
        problems.append(Problem(f"no mode {cells['mode']!r}", f"{place}, mode", fix))
    if problems:
        raise InputError(*problems)
    return Actual(market, label, metric, value, mode, level, cells.get("source", ""))


def _find_fault(metric: str, column: str, number: float) -> Iterator[tuple[str, str]]:
    if column == "localisation" and not 0 <= number <= 1:
        yield f"localisation is {number:g}", "It is from 0 to 1."
    elif column == "value" and metric in ("entered", "exited") and number not in (0.0, 1.0):
        yield f"{metric} is {number:g}", "It is 1 or 0."
    elif column == "value" and metric == "share" and number > 1:
        yield f"share is {number:g}", "It is from 0 to 1; 12 % is 0.12."
    elif column == "value" and metric == "home_rank" and (number < 1 or number != int(number)):
        yield f"home_rank is {number:g}", "It is a place: 1, 2 and so on."
    elif column == "value" and metric not in SIGNED and number < 0:
        yield f"{metric} is {number:g}", "It is 0 or more."
