"""Figures of the firm's own: from its tables into rows of a case, and from there into the panel."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from beachhead.cases.case import Case, Input, InputKey
from beachhead.errors import InputError, Problem, suggest
from beachhead.tables import MOST_PROBLEMS, Row, Table, read_table

if TYPE_CHECKING:
    from beachhead.data import Panel

MARKET = ("market", "iso3", "iso2", "country", "name")  # columns that may name the market
ABOUT = ("date", "basis", "source")  # columns that say what stands behind the figures of a row
TAKEN = frozenset({*MARKET, *ABOUT, "key", "value"})
FRACTIONS = ("closed_share", "hhi", "owners_share")
MOST_TARIFF = 3.0  # of the value; peaks beyond it shut a market. Judgement
MOST_PRICE_INDEX = 10.0  # above it a percentage is meant. Judgement

# What the model asks of a market beyond the panel: words and unit.
INPUTS: dict[InputKey, tuple[str, str]] = {
    "closed_share": ("sales through channels closed to a newcomer", "fraction of all sales"),
    "hhi": ("concentration of the category's brands", "sum of squared shares, 0 to 1"),
    "price_index": ("average price of the category", "times the firm's price"),
    "tariff": ("duty on the product", "fraction of its value"),
    "owners_share": ("people who own one on as_of", "fraction of those who could use one"),
}


def overlay(case: Case, panel: Panel) -> Panel:
    """The panel as a case sees it: with the case's own columns, and its figures in their place.

    Everything that answers a case on a panel looks at this one, and to lay it over twice changes
    nothing. Inputs of the model, such as closed_share, are columns of it where the case has any.

    Raises
    ------
    InputError
        For names and keys that are not known, figures of a day after `as_of` that are no
        hindsight, and figures that their unit does not allow.
    """
    from beachhead.data import Series

    inputs = case.markets.inputs
    keys = [column.key for column in case.markets.columns]
    problems = [
        replace(problem, where=f"case {case.name!r}, markets.inputs[{i}].{field}")
        for i, row in enumerate(inputs)
        for field, problem in find_faults(row, keys, case.as_of)
    ]
    if problems:
        raise InputError(*problems)
    given = {row.key for row in inputs}
    declared = {column.key: (column.words, column.unit) for column in case.markets.columns}
    declared |= {key: said for key, said in INPUTS.items() if key in given}
    columns = [
        Series(key, words, unit, f"case {case.name!r}", "", 0, "", total=True)
        for key, (words, unit) in declared.items()
    ]
    rows = [
        (row.key, panel.find(row.market), row.date, row.value, row.basis, row.source)
        for row in inputs
    ]
    return panel.with_own(columns, rows)


def find_faults(
    row: Input, columns: Collection[str], as_of: datetime.date | None
) -> Iterator[tuple[str, Problem]]:
    """What cannot be meant in an input, each with the field at fault.

    Parameters
    ----------
    row : Input
        The input.
    columns : collection of str
        Keys of the case's own columns.
    as_of : date or None
        Day of the case; None where it is not known.
    """
    from beachhead.data.series import BY_KEY, explain_range

    of = f"{row.key} of {row.market}"
    if row.key not in {*INPUTS, *BY_KEY, *columns}:
        yield "key", Problem(f"no figure {row.key!r}", "", hint_key(row.key, columns))
    if as_of is not None and row.date > as_of and row.basis != "hindsight":
        fix = 'Leave it out, or mark its basis as "hindsight".'
        yield "date", Problem(f"{of} is of {row.date}, after as_of {as_of}", "", fix)
    fix = ""
    if row.key in FRACTIONS and not 0 <= row.value <= 1:
        fix = "It is a fraction, from 0 to 1."
    elif row.key == "tariff" and not 0 <= row.value < MOST_TARIFF:
        fix = "It is a fraction of the value, 20 % being 0.2; a tariff so high shuts the market."
    elif row.key == "price_index" and not 0 < row.value <= MOST_PRICE_INDEX:
        fix = "It is the usual price there over the firm's price, above 0, 100 % being 1."
    elif row.key in BY_KEY:
        fix = explain_range(BY_KEY[row.key], row.value)
    if fix:
        yield "value", Problem(f"{of} is {row.value:g}", "", fix)


def hint_key(key: str, columns: Collection[str], others: Iterable[str] = ()) -> str:
    """What may be meant by a key that is no input, no series and no own column."""
    from beachhead.data.series import BY_KEY

    near = suggest(key, [*INPUTS, *BY_KEY, *columns, *others])
    return near or "Declare it in markets.columns, or leave it out."


def identify(row: Input) -> tuple[str, ...]:
    """What two inputs must not share: market and key, and where years can follow one another, year.

    An input of the model is one number; of a series and an own column there may be several years.
    """
    year = () if row.key in INPUTS else (str(row.date.year),)
    return (row.market, row.key, *year)


def read_inputs(
    folder: Path, names: Iterable[str], columns: Collection[str], as_of: datetime.date | None
) -> tuple[list[tuple[str, Input]], list[Problem]]:
    """Inputs out of a case's tables, each with its place, and everything that is wrong with these.

    Parameters
    ----------
    folder : Path
        Where the tables lie.
    names : iterable of str
        Their names; that of a workbook may end in '#' and the name of a sheet.
    columns : collection of str
        Keys of the case's own columns.
    as_of : date or None
        Day of the case, for which a figure without a date holds.
    """
    inputs: list[tuple[str, Input]] = []
    problems: list[Problem] = []
    places: dict[tuple[str, ...], str] = {}
    for name in names:
        reader = _Reader(Path(name).name, columns, as_of, places)
        try:
            inputs += reader.read(read_table(folder / name))
        except InputError as error:
            reader.problems += error.problems
        problems += reader.problems
    return inputs, problems


class _Reader:
    """Reads one table, and keeps what is wrong with it."""

    def __init__(
        self,
        name: str,
        columns: Collection[str],
        as_of: datetime.date | None,
        places: dict[tuple[str, ...], str],
    ) -> None:
        from beachhead.data.names import read_names

        self.name, self.columns, self.as_of, self.places = name, columns, as_of, places
        self.find = read_names().find
        self.problems: list[Problem] = []

    def read(self, table: Table) -> list[tuple[str, Input]]:
        keys = self._check_columns(table)
        inputs: list[tuple[str, Input]] = []
        for row in table.rows:
            if len(self.problems) > MOST_PROBLEMS:
                self.problems.append(Problem("further rows were not looked at", row.place))
                break
            inputs += self._read_row(table, row, keys)
        return inputs

    def _check_columns(self, table: Table) -> tuple[str, ...]:
        """Columns with figures: `value` of a long table, or those of a wide one, named by key.

        Raises
        ------
        InputError
            For columns that are missing or that nobody knows.
        """
        problems: list[Problem] = []
        if not any(name in table.columns for name in MARKET):
            fix = f"Name it {', '.join(MARKET[:-1])} or {MARKET[-1]}."
            problems.append(Problem("no column says which market is meant", table.place, fix))
        keys: tuple[str, ...] = ("value",)
        if set(table.columns) & {"key", "value"}:
            try:
                table.demand(("key", "value"), (*MARKET, *ABOUT))
            except InputError as error:
                problems += error.problems
        else:
            keys = tuple(name for name in table.columns if name not in TAKEN)
            unknown = [name for name in keys if not self._knows(name)]
            problems += [
                Problem(f"no figure {name!r}", table.place, hint_key(name, self.columns, TAKEN))
                for name in islice(unknown, MOST_PROBLEMS)
            ]
            if not keys:
                fix = "Give columns key and value, or a column named by the key of its figures."
                problems.append(Problem("the table has no column of figures", table.place, fix))
        if problems:
            raise InputError(*problems)
        return keys

    def _knows(self, key: str) -> bool:
        from beachhead.data.series import BY_KEY

        return key in BY_KEY or key in self.columns or key in INPUTS

    def _read_row(self, table: Table, row: Row, keys: Iterable[str]) -> Iterator[tuple[str, Input]]:
        """Inputs of one row with their places; an empty cell is a hole and gives none."""
        filled = [key for key in keys if row.cells[key]]
        if not filled:
            return
        before = len(self.problems)
        market = self._read_market(row)
        about = self._read_about(row)
        for column in filled:
            text, key = row.cells[column], row.cells.get("key", column).casefold()
            if not key:
                self._fault(row, "key", "the key is missing", "Say what the figure is.")
            try:
                value = table.number(text)
            except ValueError as error:
                self._fault(row, column, f"{column} is {text!r}", str(error))
            if len(self.problems) > before:
                continue
            found = Input(market=market, key=key, value=value, **about)
            for name, problem in find_faults(found, self.columns, self.as_of):
                self._fault(row, column if name == "value" else name, problem.what, problem.fix)
            place = self.places.setdefault(identify(found), f"{row.place}, {column}")
            if place != f"{row.place}, {column}":
                fix = f"It stands in {place} already: leave one of them."
                self._fault(row, column, f"a second {key} for {market}", fix)
            if len(self.problems) == before:
                yield place, found

    def _read_market(self, row: Row) -> str:
        """ISO3 code of the market that a row names, in however many columns; '' where at fault."""
        found: dict[str, str] = {}
        for column in MARKET:
            if text := row.cells.get(column, ""):
                try:
                    found.setdefault(self.find(text), f"{column} {text!r}")
                except InputError as error:
                    for problem in error.problems:
                        self._fault(row, column, problem.what, problem.fix)
                    return ""
        if not found:
            self._fault(row, "", "the market is missing", "Give its ISO code or its name.")
        if len(found) > 1:
            what = f"{' and '.join(found.values())} are different markets"
            self._fault(row, "", what, "Mend one of them.")
        return next(iter(found), "")

    def _read_about(self, row: Row) -> dict[str, Any]:
        """Date, basis and source of a row's figures; what has no column has a default."""
        cells = row.cells
        about: dict[str, Any] = {
            "date": self.as_of or datetime.date.max,
            "basis": cells.get("basis", "source"),
            "source": cells.get("source", self.name),
        }
        if (text := cells.get("date")) is not None:
            try:
                if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                    raise ValueError
                about["date"] = datetime.date.fromisoformat(text)
            except ValueError:
                serial = re.fullmatch(r"[0-9]{5}(\.0)?", text)
                fix = "Format the cell as a date." if serial else "Write it as in 2014-06-30."
                self._fault(row, "date", f"date is {text!r}", fix)
        known = get_args(Input.model_fields["basis"].annotation)
        if about["basis"] not in known:
            fix = suggest(about["basis"], known) or f"It is {' or '.join(known)}."
            self._fault(row, "basis", f"basis is {about['basis']!r}", fix)
        if not about["source"]:
            self._fault(row, "source", "the source is missing", "Say where the figure was read.")
        return about

    def _fault(self, row: Row, column: str, what: str, fix: str) -> None:
        place = f"{row.place}, {column}" if column in row.cells else row.place
        self.problems.append(Problem(what, place, fix))
