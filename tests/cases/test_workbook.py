"""A case as a workbook: every key, the same case back, and a sentence for whatever is wrong."""

import dataclasses
import datetime
import string
from typing import get_args

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from beachhead.cases import (
    Case,
    bundled_cases,
    check_case,
    new_case,
    workbook,
    workbook_reading,
    write_workbook,
)
from beachhead.cases.layout import CASE, LISTS, OWNER, list_sheets, read_layout
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.sheets import Sheet, read_workbook

FULL = """
as_of = 2024-06-30
quarters = 24
currency = "EUR"
dollars = 1.07
name = "full"
title = "=1+1"
notes = ["first; with a sign", "-second"]
parameters = {"entry.haste" = 0.4}
economics = {rivals = 5.0, "online.entry" = 0.02}

[firm]
name = "360"
home = "AUT"
units = 400000
revenue = 20e6
served = [{market = "HUN", units = 50000, mode = "distributor", since = 1890-03-01}]
rivals = [{name = "@home", share = 0.18}, {name = "+one", share = 0.30000000000000004}]

[product]
category = "generic"
price = 45.1
unit_cost = 22.0
new_category = true

[markets]
candidates = ["DEU", "Italy", "CZE", "FRA", "POL"]
inputs = [
    {market = "DEU", key = "hhi", value = 0.1, date = 2024-01-31, basis = "source", source = "a"},
    {market = "ITA", key = "hhi", value = 0.3, date = 2024-01-31, basis = "source", source = "b"},
]

[limits]
teams = [{from = "2024Q3", teams = 1}, {from = "2026Q1", teams = 3}]
capital = 4e6
must = ["DEU"]
fixed = {DEU = "2025Q2", POL = {quarter = "2026Q2", mode = "online"}}
by = {ITA = "2026Q4"}
after = [["FRA", "DEU"]]
not_together = [["POL", "CZE"], ["FRA", "ITA", "CZE"]]

[[components]]
name = "chip"
share = 0.3
sources = [{country = "Taiwan", share = 0.8}, {country = "KOR", share = 0.2, risk = 1.5}]

[[components]]
name = "2"
share = 0.1
spare = 0.2
sources = [{country = "CHN", share = 1.0}]

[[measures]]
name = "office"
markets = ["Western Europe", "POL"]
changes = {"entry.cost_factor" = 0.8, distance = 0.9}
cost = 2e5
yearly = 1e5
from = "2025Q1"
lead = 2
lasts = 8
levels = [0.5, 1.0]

[[measures]]
name = "own chips"
words = "a plant of our own"
begin = "2025Q1"
changes = {"share.quality" = 0.1}

[measures.sourcing]
component = "chip"
premium = 0.2
sources = [{country = "AUT", share = 1.0}]

[[measures]]
name = "later; perhaps"
begin = "never"
changes = {teams = 1.0}

[screening]
weights = {size = 2.0}
"""
CASES = {name: Case.load(name) for name in bundled_cases()} | {
    "template": Case.loads(new_case("template"), "template.toml"),
    "full": Case.loads(FULL, "full.toml"),
}


@pytest.fixture(autouse=True, scope="module")
def few_blank_rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "SPARE_ROWS", 1)
        yield


@pytest.fixture(scope="module")
def written(few_blank_rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "acme.xlsx"
    write_workbook(CASES["full"], path)
    return path


@pytest.fixture
def edit(written, tmp_path):
    """The full case as a workbook after an edit by hand."""

    def edit(change):
        book = openpyxl.load_workbook(written)
        change(book)
        path = tmp_path / "acme.xlsx"
        book.save(path)
        return path

    return edit


def find(book, key):
    """The value cell of a key on the sheet 'Case'."""
    return next(row[1] for row in book[CASE].iter_rows() if row[0].value == key)


def faults(path):
    with pytest.raises(InputError) as caught:
        Case.load(path)
    return [str(problem) for problem in caught.value.problems]


# What stands in it


def walk(model, path=()):
    """Dotted key of each leaf of the schema, and the model of its rows if it has one."""
    for name, field in model.model_fields.items():
        key = (*path, field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from walk(field.annotation, key)
        else:
            yield ".".join(key), next(models(field.annotation), None)


def models(annotation):
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part
        yield from models(part)


def missing(book, sheet, rows):
    """Keys of the model of rows that stand neither in a column nor on a sheet of their own."""
    heads = {cell.value.partition(" (")[0] for cell in book[sheet][1]}
    found = []
    for key, inner in walk(rows):
        path = f"{sheet}.{key}"
        if path in book.sheetnames:
            assert book[path]["A1"].value == OWNER
            found += missing(book, path, inner) if inner else []
        elif inner and not {f"{key}.{name}" for name, _ in walk(inner)} <= heads:
            # A table within the row, with its keys among the columns or on further sheets.
            found += [
                f"{path}.{name}"
                for name, deeper in walk(inner)
                if f"{key}.{name}" not in heads and f"{path}.{name}" not in book.sheetnames
            ]
        elif key not in heads:
            found.append(path)
    return found


def test_every_key_of_the_schema_stands_in_the_workbook(written):
    book = openpyxl.load_workbook(written)
    keys = [row[0].value for row in book[CASE].iter_rows()]
    leaves = dict(walk(Case))
    assert len(leaves) > 40
    for key, rows in leaves.items():
        assert keys.count(key) == 1
        value = find(book, key)
        if value.value == f"see sheet {key}":
            assert key in book.sheetnames
        if rows:
            assert missing(book, key, rows) == []
    assert set(book.sheetnames) - {CASE, LISTS} == list_sheets().keys()
    assert all(len(name) <= 31 for name in book.sheetnames), "what a spreadsheet program takes"


def test_every_number_has_a_unit_and_every_key_a_meaning():
    above = [key for group in read_layout() for key in group.keys]
    for key in [*above, *(key for key, owner in list_sheets().values() if owner)]:
        assert key.meaning, key.path
        forms = [key.cell] if key.cell else []
        forms += [column.form for column in key.grid.columns] if key.grid else []
        for form in forms:
            assert bool(form.unit) == (form.kind in ("number", "integer")), key.path


def test_only_lists_that_are_empty_by_default_have_sheets():
    """A sheet without rows is a key left out: no case could say 'none' where some are default."""
    for key, _ in list_sheets().values():
        if not key.cell:
            assert key.required or key.default in ([], {}), key.path


def test_units_stand_beside_the_numbers(written):
    book = openpyxl.load_workbook(written)
    units = {row[0].value: row[2].value for row in book[CASE].iter_rows()}
    assert units["product.price"] == "currency a unit"
    assert units["firm.units"] == "units a year"
    assert book["firm.rivals"]["B1"].value == "share (fraction)"


def offered(book, sheet, cell):
    """Rule of a cell, and the words of its drop-down."""
    (rule,) = (v for v in book[sheet].data_validations.dataValidation if cell in v.sqref)
    if rule.type != "list":
        return rule, []
    name, area = rule.formula1.split("!")
    assert name == LISTS
    return rule, [row[0].value for row in book[LISTS][area]]


def test_choices_have_drop_downs(written):
    book = openpyxl.load_workbook(written)
    assert book[LISTS].sheet_state == "hidden"
    assert book.active.title == CASE
    strict, categories = offered(book, CASE, find(book, "product.category").coordinate)
    assert categories == ["smartphone", "subscription", "retail", "generic"]
    assert strict.errorStyle == "stop"
    assert strict.showErrorMessage
    assert offered(book, CASE, find(book, "product.new_category").coordinate)[1] == ["yes", "no"]
    assert "closed_share" in offered(book, "markets.inputs", "B2")[1]
    assert offered(book, "markets.inputs", "E2")[1] == ["source", "judgement", "hindsight"]
    lenient, markets = offered(book, "limits.after", "B2")
    assert len(markets) == 2 * 217
    assert {"Austria", "AUT"} <= set(markets)
    assert lenient.errorStyle == "warning", "other spellings are known too"
    quarters = offered(book, "limits.by", "B2")[1]
    assert (quarters[0], quarters[-1], len(quarters)) == ("2024Q3", "2030Q2", 24)


def test_numbers_are_held_to_the_bounds_of_the_schema(written):
    book = openpyxl.load_workbook(written)

    def rule(key):
        found, _ = offered(book, CASE, find(book, key).coordinate)
        return found.type, found.operator, found.formula1, found.formula2

    assert rule("quarters") == ("whole", "between", "4", "40")
    assert rule("product.price") == ("decimal", "greaterThan", "0", None)
    assert rule("limits.ruin") == ("decimal", "between", "0", "1")
    assert rule("as_of")[0] == "date"
    assert find(book, "as_of").is_date


def test_the_same_case_gives_the_same_bytes(written, tmp_path):
    write_workbook(CASES["full"], tmp_path / "acme.xlsx")
    assert (tmp_path / "acme.xlsx").read_bytes() == written.read_bytes()


# Back again


@pytest.mark.parametrize("name", CASES)
def test_the_same_case_comes_back(name, tmp_path):
    write_workbook(CASES[name], tmp_path / "other.xlsx")
    case = Case.load(tmp_path / "other.xlsx")
    assert case.to_toml() == CASES[name].to_toml()
    assert check_case(case, load_panel(case.as_of)) == []


SIGNS = string.printable + "éß漢\x00\x07\r\u2028\ufffe😀"
texts = (
    st.sampled_from(["=1+1", "-2", "@x", "#N/A", "_x0041_", "_x005F_x", "007", "2014-06-30", "yes"])
    | st.text(SIGNS, min_size=1, max_size=12)
).filter(str.strip)
codes = st.sampled_from(["DEU", "Italy", "CZE", "Côte d'Ivoire", "Hong Kong SAR, China", "USA"])
days = st.dates(datetime.date(1850, 1, 1), datetime.date(2150, 12, 31))
labels = st.builds("{}Q{}".format, st.integers(1990, 2090), st.integers(1, 4))
modes = st.sampled_from(["online", "distributor", "joint_venture", "subsidiary"])
plain = {"allow_nan": False, "allow_infinity": False}
# A spreadsheet has no zero with a minus.
amounts = st.floats(0, 1e12, **plain).map(abs) | st.integers(0, 10**15)
prices = st.floats(0, 1e12, exclude_min=True, **plain)
shares = st.floats(0, 1, **plain).map(abs)
numbers = st.floats(**plain).map(lambda x: x + 0.0)


def table(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


def listed(items, least=0):
    return st.lists(items, min_size=least, max_size=3)


sources = listed(table({"country": codes, "share": shares}, risk=amounts), 1)
changes = st.dictionaries(texts, numbers, max_size=3)
raw_cases = table(
    {
        "name": texts,
        "as_of": days,
        "firm": table(
            {"name": texts, "home": codes, "units": amounts, "revenue": prices},
            entered_home=st.none() | st.integers(1800, 2200),
            served=listed(table({"market": codes, "units": amounts, "mode": modes, "since": days})),
            rivals=listed(table({"name": texts, "share": shares})),
        ),
        "product": table(
            {
                "category": st.sampled_from(["smartphone", "subscription", "retail", "generic"]),
                "price": prices,
                "unit_cost": prices,
            },
            launch=st.integers(1800, 2200),
            new_category=st.booleans(),
        ),
        "limits": table(
            {
                "teams": st.integers(0, 99)
                | listed(table({"from": labels, "teams": st.integers(0, 9)}), 1),
                "capital": amounts,
            },
            must=listed(codes),
            fixed=st.dictionaries(codes, labels | table({"quarter": labels}, mode=modes)),
            by=st.dictionaries(codes, labels),
            after=listed(st.lists(codes, min_size=2, max_size=2)),
            not_together=listed(st.lists(codes, min_size=2, max_size=9)),
            max_markets=st.none() | st.integers(0, 300),
        ),
    },
    title=texts | st.just(""),
    quarters=st.integers(4, 40),
    currency=st.sampled_from(["USD", "EUR"]),
    notes=listed(texts),
    markets=table(
        {},
        candidates=st.just("all") | listed(codes | st.just("all")),
        regions=listed(texts),
        inputs=listed(
            table({
                "market": codes, "key": st.sampled_from(["hhi", "tariff"]), "value": amounts,
                "date": days, "basis": st.sampled_from(["source", "hindsight"]), "source": texts,
            })
        ),
    ),
    modes=table({}, allowed=listed(modes, 1), localisation=listed(shares, 1)),
    components=listed(table({"name": texts, "share": shares, "sources": sources}, spare=amounts)),
    measures=listed(
        table(
            {"name": texts},
            words=texts,
            markets=listed(texts),
            changes=changes,
            sourcing=st.none() | table({"component": texts, "sources": sources}, mature=prices),
            begin=st.sampled_from(["free", "never"]) | labels,
            levels=listed(prices, 1),
            lasts=st.none() | st.integers(1, 9),
        )
    ),
    risk=table({}, tail=st.floats(0, 1, exclude_min=True), terminal_years=st.integers(0, 50)),
    parameters=st.dictionaries(texts.filter(str.strip), numbers, max_size=3),
    economics=st.dictionaries(texts, numbers, max_size=3),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=raw_cases)
def test_any_case_comes_back(raw, tmp_path_factory):
    case = Case.model_validate(raw)
    path = tmp_path_factory.mktemp("any") / "acme.xlsx"
    write_workbook(case, path)
    assert Case.load(path).to_toml() == case.to_toml()


def test_texts_are_never_formulas(written):
    book = openpyxl.load_workbook(written)
    assert find(book, "title").value == "=1+1"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert len(cells) > 1000
    assert all(cell.data_type != "f" for cell in cells)


def test_a_case_without_a_name_has_that_of_the_file(edit):
    assert Case.load(edit(lambda book: setattr(find(book, "name"), "value", None))).name == "acme"


def test_a_table_of_inputs_lies_beside_the_workbook(edit, tmp_path):
    (tmp_path / "extra.csv").write_text(
        "iso3,key,value,date,basis,source\nFRA,hhi,0.2,2024-01-31,source,somewhere\n"
    )
    case = Case.load(edit(lambda book: setattr(find(book, "markets.table"), "value", "extra.csv")))
    assert [row.market for row in case.markets.inputs] == ["DEU", "ITA", "FRA"]
    assert case.markets.table == ""


def kind_of(value):
    """As the library has it, but for text that looks like a formula."""
    return "s" if isinstance(value, str) else "d" if isinstance(value, datetime.date) else "n"


def test_rows_may_stand_in_any_order_with_blank_ones_between(edit):
    def stir(book):
        sheet = book[CASE]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
        sheet.delete_rows(6, len(rows))
        for number, row in enumerate([rows[0], *reversed(rows[1:])]):
            for column, value in enumerate(row, start=1):
                sheet.cell(20 + 2 * number, column, value).data_type = kind_of(value)
        book["markets.inputs"].move_range("A2:F3", rows=5)
        book["markets.inputs"].insert_rows(8)

    # The library that stirs keeps 16 digits of a number; the one that writes a case keeps all.
    expected = CASES["full"].to_toml().replace("0.30000000000000004", "0.3")
    assert Case.load(edit(stir)).to_toml() == expected


def test_a_missing_sheet_is_empty(edit):
    case = Case.load(edit(lambda book: book.remove(book["firm.rivals"])))
    assert case.firm.rivals == ()


# What is wrong with it


def put(sheet, cell, value):
    return lambda book: book[sheet].__setitem__(cell, value)


def set_key(key, value):
    return lambda book: setattr(find(book, key), "value", value)


def as_number(book):
    find(book, "as_of").number_format = "General"


def heading(sheet, name, row):
    """The cell of a row under a heading."""
    return next(sheet.cell(row, c.column) for c in sheet[1] if c.value.partition(" (")[0] == name)


def double(book):
    book[CASE].append(["quarters", 8])


FAULTS = {
    "text for a number": (
        set_key("product.price", "45,5"),
        ["sheet 'Case', cell B", ", product.price: price is \"45,5\"", "valid number"],
    ),
    "nothing for a number": (
        set_key("product.price", None),
        ["sheet 'Case', cell B", ", product.price: 'price' is missing"],
    ),
    "beyond the bounds": (
        put("firm.rivals", "B3", 30),
        ["acme.xlsx, sheet 'firm.rivals', cell B3, firm.rivals[1].share: share is 30"],
    ),
    "a blank cell in a row": (
        put("firm.rivals", "B3", None),
        ["sheet 'firm.rivals', cell B3, firm.rivals[1].share: 'share' is missing"],
    ),
    "a date as a number": (
        lambda book: (set_key("as_of", 45473)(book), as_number(book)),
        ["sheet 'Case', cell B", ", as_of: as_of is 45473", "a date such as 2014-06-30"],
    ),
    "a date as an hour": (
        set_key("as_of", datetime.datetime(2024, 6, 30, 12)),
        [", as_of", "2024-06-30 12:00:00", "a date such as 2014-06-30"],
    ),
    "a date for a number": (
        set_key("limits.capital", datetime.date(2024, 6, 30)),
        [", limits.capital: capital is \"2024-06-30\""],
    ),
    "a choice that is none": (
        set_key("product.category", "smartfone"),
        [", product.category", "'smartphone'"],
    ),
    "an unknown word in a list": (
        set_key("modes.allowed", "online; offline"),
        ["cell B", ", modes.allowed[1]: ", "offline"],
    ),
    "neither yes nor no": (
        set_key("product.new_category", "perhaps"),
        [", product.new_category: new_category is \"perhaps\""],
    ),
    "no quarter": (
        put("limits.fixed", "B2", "2025"),
        ["sheet 'limits.fixed', cell B2, limits.fixed.DEU.quarter", "2014Q3"],
    ),
    "no quarter for a name": (
        put("limits.by", "B2", 2026),
        ["sheet 'limits.by', cell B2, limits.by.ITA", "2014Q3"],
    ),
    "half a pair": (
        put("limits.after", "B2", None),
        ["sheet 'limits.after', row 2, limits.after[0]", "too short"],
    ),
    "an entry without its name": (
        put("limits.by", "A2", None),
        ["sheet 'limits.by', cell A2: market is None"],
    ),
    "an entry twice": (
        put("economics", "A3", "online.entry"),
        ["sheet 'economics', cell A3: name 'online.entry' stands there twice"],
    ),
    "a formula never computed": (
        put("firm.rivals", "B2", "=1/3"),
        ["sheet 'firm.rivals', cell B2: a formula without a stored value"],
    ),
    "an error": (
        put("firm.rivals", "B2", "#REF!"),
        ["sheet 'firm.rivals', cell B2: the cell holds the error #REF!"],
    ),
    "merged cells": (
        lambda book: book["firm.rivals"].merge_cells("A2:A3"),
        ["sheet 'firm.rivals': merged cells A2:A3", "Unmerge them"],
    ),
    "an unknown sheet": (
        lambda book: setattr(book["firm.rivals"], "title", "firm.rival"),
        ["sheet 'firm.rival': unknown sheet 'firm.rival'. Did you mean 'firm.rivals'"],
    ),
    "no sheet 'Case'": (
        lambda book: setattr(book[CASE], "title", "Cases"),
        ["the workbook has no sheet 'Case'", "unknown sheet 'Cases'. Did you mean 'Case'"],
    ),
    "an unknown key": (
        lambda book: book[CASE].append(["limits.captal", 8]),
        ["unknown key 'limits.captal'. Did you mean 'limits.capital'"],
    ),
    "a key twice": (double, ["key 'quarters' stands in row 11 and in row ", "Leave one"]),
    "a value without a key": (
        lambda book: book[CASE].append([None, 8]),
        ["the value 8 has no key"],
    ),
    "no headings": (
        put(CASE, "B6", "what"),
        ["sheet 'Case': no row with the headings 'key' and 'value'"],
    ),
    "an unknown heading": (
        put("firm.rivals", "B1", "shares"),
        ["sheet 'firm.rivals', cell B1: unknown heading 'shares'. Did you mean 'share'?"],
    ),
    "a heading twice": (
        put("firm.served", "B1", "market"),
        ["cell B1: the heading 'market' stands there twice"],
    ),
    "a heading gone": (
        lambda book: book["firm.rivals"].delete_cols(2),
        ["sheet 'firm.rivals', row 1: the heading 'share' is missing"],
    ),
    "a value beside the table": (
        put("firm.rivals", "H3", "note to self"),
        ["sheet 'firm.rivals', cell H3: 'note to self' has no heading"],
    ),
    "rows in a cell": (
        set_key("firm.rivals", "Samsung"),
        [", but its rows stand on the sheet 'firm.rivals'"],
    ),
    "a row of another sheet that is not there": (
        put("measures.changes", "A2", "offices"),
        ["sheet 'measures.changes', cell A2: on the sheet 'measures' no row is called 'offices'. "
         "Did you mean 'office'?"],
    ),
    "no row of another sheet": (
        put("measures.changes", "A2", None),
        ["sheet 'measures.changes', cell A2: the cell under 'belongs to' is blank"],
    ),
    "a name that two rows bear": (
        put("measures", "A3", "office"),
        ["sheet 'measures.changes', cell A2: on the sheet 'measures' several rows are called "
         "'office'. Say which by its number: 2 or 3."],
    ),
    "a number beyond its bounds within a row's rows": (
        put("components.sources", "C3", 80),
        ["sheet 'components.sources', cell C3, components[0].sources[1].share: share is 80"],
    ),
    "text for a number within a row's entries": (
        put("measures.changes", "C2", "much"),
        ["sheet 'measures.changes', cell C2, measures[0].changes.distance: distance is \"much\""],
    ),
    "a table within a row that lacks a key": (
        lambda book: setattr(heading(book["measures"], "sourcing.component", 3), "value", None),
        ["sheet 'measures', cell ", ", measures[1].sourcing.component: 'component' is missing"],
    ),
    "a number and rows": (
        set_key("limits.teams", 3),
        ["sheet 'limits.teams': limits.teams stands on the sheet 'Case' too"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_names_sheet_cell_and_cure(edit, fault):
    change, expected = FAULTS[fault]
    path = edit(change)
    message = "\n".join(faults(path))
    assert message.startswith(f"{path}, sheet ")
    for words in expected:
        assert words in message


def test_all_faults_at_once(edit):
    def spoil(book):
        for fault in ("text for a number", "no quarter", "an unknown key", "merged cells"):
            FAULTS[fault][0](book)
        book["firm.rivals"]["A4"] = "a rival whose share is left out"

    assert len(faults(edit(spoil))) == 5 + 1, "a merged cell is blank too"


def test_a_text_file_is_no_workbook(tmp_path):
    path = tmp_path / "acme.xlsx"
    path.write_text(FULL)
    (problem,) = faults(path)
    assert problem.startswith(f"{path}: not an Excel workbook")


@pytest.fixture(scope="module")
def sheets(written):
    return read_workbook(written)


cells = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.integers(-5, 50)
    | st.floats()
    | st.dates()
    | st.sampled_from(["all", ";", "DEU", "2014Q3", "key", "value", "market", "share (x)", "0,5"])
    | st.text(max_size=5)
    | st.sampled_from([key.path for group in read_layout() for key in group.keys])
)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_cell_anywhere(sheets, data, written):
    """Whatever stands in the sheets, the answer is a case or problems with file and sheet."""
    changed = {sheet.name: sheet for sheet in sheets}
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(changed)))
        changed[name] = spoil(changed[name], data)
        if data.draw(st.integers(0, 9)) == 0:
            del changed[name]
        if not changed:
            return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook_reading, "read_workbook", lambda path: tuple(changed.values()))
        try:
            case = Case.load(written)
        except InputError as error:
            for problem in error.problems:
                assert problem.what
                # A word in the cell of markets.table names a file beside the workbook.
                assert problem.where.startswith((f"{written}, sheet ", str(written.parent)))
        else:
            assert isinstance(check_case(case, load_panel("2024-06-30")), list)


def spoil(sheet: Sheet, data) -> Sheet:
    if not sheet.rows or data.draw(st.integers(0, 9)) == 0:
        return dataclasses.replace(sheet, merged=("A2:A4",))
    rows = list(sheet.rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    number, row = rows[at]
    column = data.draw(st.integers(0, len(row)))
    row = [*row, None][: max(len(row), column + 1)]
    row[column] = data.draw(cells)
    rows[at] = (number, tuple(row))
    return dataclasses.replace(sheet, rows=tuple(rows))


# What no workbook can hold, and where none can be written


def test_a_text_longer_than_a_cell_is_named(tmp_path):
    notes = ("a" * 32_768,)
    case = CASES["full"].model_copy(update={"notes": notes})
    with pytest.raises(InputError, match="notes, row 2, takes 32,768 characters"):
        write_workbook(case, tmp_path / "acme.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_workbook(CASES["full"], tmp_path / "file" / "acme.xlsx")
