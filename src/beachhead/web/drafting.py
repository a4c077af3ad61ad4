"""A case as text and as a form, kept in step, with what is wrong at its field."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from beachhead.cases import Case, Draft, Entry, check_draft
from beachhead.cases.case import FixedEntry
from beachhead.cases.layout import Form, Key, read_layout
from beachhead.cases.reading import parse_draft
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.screening import check_screening, screen
from beachhead.web.folder import find_strange_tables

# The main levers, in the order of the form, and what they are called there. All else of a case is
# said in its text.
LEVERS = {
    "title": "Title",
    "as_of": "Date of the question",
    "quarters": "Horizon",
    "currency": "Currency",
    "dollars": "Dollars for one unit of it",
    "firm.name": "Firm",
    "firm.home": "Home market",
    "firm.units": "Units sold at home",
    "firm.revenue": "Revenue, all markets",
    "product.category": "Kind of product",
    "product.price": "Price of one unit",
    "product.unit_cost": "Cost of one unit",
    "product.capacity": "Capacity",
    "markets.regions": "Regions",
    "markets.blocs": "Blocs",
    "modes.allowed": "Ways of entering",
    "modes.localisation": "Levels of localisation",
    "limits.teams": "Launch teams",
    "limits.capital": "Cash at the start",
    "limits.cash_floor": "Cash that should remain",
    "limits.ruin": "Accepted risk of falling below",
    "limits.max_markets": "Most new markets",
    "limits.launches_per_year": "Most launches in a year",
    "risk.aversion": "Weight of the worst futures",
    "risk.tail": "Part of futures that are the worst",
    "risk.discount": "Discount rate",
    "risk.terminal_years": "Years counted after the horizon",
}
GROUPS = {"": "Question", "firm": "Firm", "product": "Product", "markets": "Markets",
          "modes": "Ways of entering", "limits": "Limits", "risk": "Risk and time"}  # fmt: skip

type Data = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What is wrong: the dotted key of the case and the line of its text, where they are known."""

    what: str
    where: str
    fix: str
    key: str | None
    line: int | None


@dataclass(frozen=True)
class Reading:
    """A text as read.

    `data` as the text says it, `draft` and `panel` None where it is no TOML.
    """

    data: Data
    draft: Draft | None
    panel: Panel | None
    faults: tuple[Fault, ...]


def list_levers() -> list[dict[str, Any]]:
    """The form: groups of fields with label, meaning, unit and what may stand in each."""
    keys = {key.path: key for group in read_layout() for key in group.keys}
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, label in LEVERS.items():
        key = keys[path]
        assert key.cell is not None
        field = {"key": path, "label": label, **_describe(key, key.cell)}
        groups.setdefault(path.rpartition(".")[0], []).append(field)
    return [{"title": GROUPS[group], "fields": fields} for group, fields in groups.items()]


def _describe(key: Key, form: Form) -> dict[str, Any]:
    choices = list(form.choices)
    default = key.default
    return {
        "meaning": key.meaning, "required": key.required, "kind": form.kind, "many": form.many,
        "format": form.format, "choices": choices, "unit": form.unit, "low": form.low,
        "high": form.high, "default": list(default) if isinstance(default, tuple) else default,
    }  # fmt: skip


def read(text: str, file: Path) -> Reading:
    """Read a text, and say all that `beachhead check` would say of it before it simulates.

    `file`: where it stands or shall stand; tables are read from beside it and from nowhere else.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Reading({}, None, None, (_find_break(text, error),))
    if problems := _refuse_tables(data):
        problems = [replace(p, where=f"{file.name}, {p.where}") for p in problems]
        return Reading(data, None, None, place(problems, file))
    try:
        draft = parse_draft(text, file)
        panel = load_panel(as_of=draft.as_of)
        found = check_draft(draft, panel, check_screening)
    except InputError as error:
        return Reading(data, None, None, place(error.problems, file))
    return Reading(data, draft, panel, place(found, file))


def place(problems: Iterable[Problem], file: Path) -> tuple[Fault, ...]:
    """Problems with key and line read from the words that say where they stand."""
    faults = []
    for problem in problems:
        where = problem.where.replace(f"{file.parent}/", "")
        parts = where.split(", ")
        line = next((int(p[5:]) for p in parts if re.fullmatch(r"line \d+", p)), None)
        own = len(parts) > 1 and parts[0] in (file.name, f"case {file.stem!r}")
        key = parts[-1] if own and not re.fullmatch(r"line \d+.*", parts[-1]) else None
        faults.append(Fault(problem.what, where, problem.fix, key, line if own else None))
    return tuple(faults)


def as_problems(faults: Iterable[Fault]) -> list[Problem]:
    """The same without key and line."""
    return [Problem(fault.what, fault.where, fault.fix) for fault in faults]


def _find_break(text: str, error: Exception) -> Fault:
    found = re.search(r"line (\d+)", str(error))
    what = str(error).partition(" (at ")[0] if isinstance(error, ValueError) else "nested too deep"
    line = int(found[1]) if found else text.count("\n") + 1
    fix = "Text stands in quotes, a list in [ ], and each key once in its table."
    return Fault(f"not valid TOML: {what}", f"line {line}", fix, None, line)


def _refuse_tables(data: Data) -> list[Problem]:
    markets = data.get("markets")
    named = markets.get("table") if isinstance(markets, dict) else None
    names = named if isinstance(named, list) else [named] if named else []
    return find_strange_tables(name for name in names if isinstance(name, str))


def show_values(data: Data) -> dict[str, Any]:
    """What the text says of each lever; levers of which it says nothing are left out."""
    shown = {}
    for path in LEVERS:
        holder: Any = data
        for step in path.split("."):
            holder = holder.get(step) if isinstance(holder, dict) else None
        if holder is not None:
            shown[path] = _plain(holder)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, datetime.date | datetime.time | datetime.datetime):
        return value.isoformat()
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value


def edit(text: str, changes: Sequence[tuple[str, Any]]) -> str:
    """The text with levers changed, and all else of it as it was: comments, order, space.

    A change is a dotted key and its value; None takes the key out.

    Raises
    ------
    InputError
        If the text is no TOML, a key is no lever, or it stands in something that is no table.
    """
    try:
        document = tomlkit.parse(text)
        for key, value in changes:
            _put(document, key, value)
        made = tomlkit.dumps(document)
        tomllib.loads(made)
    except (TOMLKitError, ValueError, RecursionError) as error:
        fix = "Mend the text first."
        raise InputError(Problem("the text cannot be changed by the form", "", fix)) from error
    return made


def _put(document: Any, path: str, value: Any) -> None:
    if path not in LEVERS:
        raise InputError(Problem(f"no field {path!r}", path, "The text has all others."))
    *around, name = path.split(".")
    holder = document
    for step in around:
        if step not in holder:
            if value is None:
                return
            holder[step] = tomlkit.table()
        holder = holder[step]
        if not isinstance(holder, dict):
            raise InputError(Problem(f"{step} is no table", path, "Mend the text first."))
    if value is None:
        holder.pop(name, None)
        return
    if path == "as_of" and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = datetime.date.fromisoformat(value)
    holder[name] = value


def demand(text: str, market: str, how: str) -> str:
    """The text with a market under `limits.must`, under `limits.never`, or under neither ('free').

    Raises
    ------
    InputError
        As `edit`, and if no market is meant.
    """
    panel = load_panel()
    iso3 = panel.find(market)
    try:
        document = tomlkit.parse(text)
        limits = document.setdefault("limits", tomlkit.table())
        for key in ("must", "never"):
            names = limits.get(key, [])
            kept = [str(name) for name in names if not _means(panel, name, iso3)]
            if key == how:
                kept.append(iso3)
            if kept != list(names):
                limits[key] = kept
        made = tomlkit.dumps(document)
        tomllib.loads(made)
    except (TOMLKitError, ValueError, AttributeError, TypeError, RecursionError) as error:
        problem = Problem("limits of the text cannot be changed", "limits", "Mend the text first.")
        raise InputError(problem) from error
    return made


def _means(panel: Panel, name: Any, iso3: str) -> bool:
    try:
        return panel.find(str(name)) == iso3
    except InputError:
        return False


def settle(case: Case, entries: Iterable[Entry], never: Iterable[str]) -> str:
    """Text of a resolved case in which entries are fixed and markets are kept out.

    Raises
    ------
    InputError
        If an entry lies after the horizon.
    """
    fixed, out = dict(case.limits.fixed), {*case.limits.never, *never}
    for entry in entries:
        if entry.quarter >= case.quarters:
            last = case.quarter_label(case.quarters - 1)
            raise InputError(Problem("after the horizon", entry.iso3, f"It ends with {last}."))
        fixed[entry.iso3] = FixedEntry(
            quarter=case.quarter_label(entry.quarter), mode=entry.mode,
            localisation=entry.localisation,
        )  # fmt: skip
        out.discard(entry.iso3)
    limits = case.limits.model_copy(
        update={
            "fixed": {iso3: entry for iso3, entry in fixed.items() if iso3 not in out},
            "never": tuple(sorted(out)),
            "must": tuple(iso3 for iso3 in case.limits.must if iso3 not in out),
            "by": {iso3: by for iso3, by in case.limits.by.items() if iso3 not in {*out, *fixed}},
        }
    )
    return case.model_copy(update={"limits": limits}).to_toml()


def list_candidates(reading: Reading) -> list[dict[str, Any]]:
    """Markets that may be entered, by rank, with those that the limits keep out among them."""
    if reading.draft is None or reading.panel is None or reading.faults:
        return []
    panel = reading.panel
    case = reading.draft.case.resolve(panel)
    limits = case.limits
    whole = case.model_copy(update={"limits": limits.model_copy(update={"never": ()})})
    table = screen(whole, panel).table
    regions = dict(panel.markets.select("iso3", "subregion").iter_rows())
    return [
        {
            "iso3": row["iso3"], "name": row["name"], "region": regions.get(row["iso3"], ""),
            "rank": row["rank"], "score": row["score"], "coverage": row["coverage"],
            "rank_low": row["rank_low"], "rank_high": row["rank_high"],
            "size": row.get("market_size"), "near": row.get("distance"),
            "people": panel.figure(row["iso3"], "population").value,
            "demand": "must" if row["iso3"] in limits.must
            else "never" if row["iso3"] in limits.never else "free",
        }
        for row in table.to_dicts()
    ]  # fmt: skip


def describe_case(case: Case, panel: Panel) -> dict[str, Any]:
    """A faultless case in a line: candidates and horizon."""
    return {
        "candidates": len(case.candidate_iso3(panel)),
        "first": case.quarter_label(0),
        "last": case.quarter_label(case.quarters - 1),
        "home": panel.name(case.resolve(panel).firm.home),
    }
