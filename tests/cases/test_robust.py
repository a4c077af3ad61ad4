"""Whatever a file holds, the answer is a case or a list of problems, never another error."""

import contextlib
import copy
import datetime
import itertools
import json
import math
import tomllib

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.cases import Case, check_case, check_draft
from beachhead.cases.reading import parse_draft
from beachhead.cases.schema import write_schema
from beachhead.data import load_panel
from beachhead.screening import check_screening

CASE = Case.load("xiaomi-2013")
DATA = tomllib.loads(CASE.to_toml())
PANEL = load_panel(CASE.as_of)
SCHEMA = write_schema()

# A row for every list of rows, and an entry for every table of entries.
FULL = copy.deepcopy(DATA)
FULL["dollars"] = 1.0
FULL["notes"] = ["a"]
FULL["markets"] |= {
    "candidates": ["IND", "BRA"],
    "regions": ["Northern Europe"],
    "blocs": ["EU"],
    "exclude": ["USA"],
    "columns": [{"key": "dealers", "words": "dealers who asked", "unit": "dealers"}],
    "inputs": DATA["markets"]["inputs"][:2],
}
FULL["firm"]["served"] = [
    {"market": "HKG", "units": 1e3, "mode": "online", "since": datetime.date(2013, 1, 1)}
]
FULL["product"] |= {"launch": 2007}
FULL["limits"] |= {
    "teams": [{"from": "2013Q1", "teams": 3}],
    "must": ["IND"],
    "never": ["RUS"],
    "fixed": {"IND": {"quarter": "2014Q3", "mode": "online"}},
    "by": {"BRA": "2015Q1"},
    "after": [["BRA", "IND"]],
    "not_together": [["BRA", "DEU"]],
    "max_markets": 9,
    "exit_loss": 2.0,
    "waived": ["Brazil: homologation"],
}
FULL["rules"] = [
    {"name": "Shops", "market": "BRA", "words": "a", "known": datetime.date(2012, 1, 1),
     "from": datetime.date(2012, 2, 1), "until": datetime.date(2015, 1, 1), "modes": ["online"],
     "forbidden": False, "localisation": 0.5, "approval": 1, "opening": 1.1, "unit_cost": 0.1,
     "source": "a"}
]  # fmt: skip
FULL["screening"] = {
    "weights": {"internet": 1.0},
    "floors": {"growth": -0.5},
    "criteria": [
        {"key": "internet", "column": "internet_users_pct", "low": 0.0, "high": 90.0,
         "transform": "linear", "words": "online", "unit": "%"}
    ],
    "overrides": [{"market": "BRA", "score": 0.5, "reason": "a visit"}],
}  # fmt: skip
FULL["targets"] = [
    {"metric": "units", "market": "IND", "value": 1e7, "period": "year", "by": "2013Q4",
     "probability": 0.5, "so_far": 1e6, "made": datetime.date(2013, 3, 1), "basis": "source",
     "source": "a paper", "words": "a tenth"}
]  # fmt: skip
FULL["distance"] = {"culture": ["dealers"], "weights": {"income": 1.0, "culture": 1.0}}
SOURCES = [
    {"country": "CHN", "share": 0.7, "risk": 1.0},
    {"country": "KOR", "share": 0.3, "risk": 2.0},
]
FULL["components"] = [
    {"name": "chip", "share": 0.3, "needed": 0.9, "spare": 0.1, "sources": SOURCES}
]
FULL["measures"] = [
    {
        "name": "chips at home",
        "words": "a plant",
        "markets": ["Northern Europe", "home"],
        "changes": {"share.quality": 0.1},
        "cost": 1e6,
        "yearly": 1e5,
        "from": "2014Q1",
        "lead": 2,
        "lasts": 8,
        "levels": [0.5, 1.0],
        "begin": "free",
        "sourcing": {
            "component": "chip",
            "premium": 0.2,
            "progress": 0.9,
            "mature": 0.8,
            "sources": [*SOURCES[:1], {"country": "JPN", "share": 0.3}],
        },
    }
]
FULL["gates"] = [
    {"name": "Bahrain first", "pilot": "BHR", "markets": ["ARE", "Northern Europe"],
     "wait": [2, 4], "quantiles": [0.5], "units": [100.0], "noise": 0.2, "use": "free"}
]  # fmt: skip
FULL["markets"]["candidates"] = ["IND", "BRA", "BHR", "ARE"]
FULL["markets"]["rivals"] = [
    {"name": "Zed", "markets": ["IND"], "from": "2014Q1", "strength": 1.0, "growth": 0.1,
     "spread": 0.1}
]  # fmt: skip
FULL["parameters"] = {"entry.haste": 0.4}
FULL["economics"] = {"rivals": 5}


def list_paths(schema=SCHEMA, path=()):
    """Every key of the schema, also those of nested tables and of rows, as a path into FULL."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if path:
        yield path
    for key, value in schema.get("properties", {}).items():
        yield from list_paths(value, (*path, key))
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from list_paths(form, path)
    if isinstance(schema.get("items"), dict):
        yield from list_paths(schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from list_paths(schema["additionalProperties"], (*path, None))


def reach(data, path):
    """The table or list that holds the last step of a path, and that step: None is any entry."""
    for step in path[:-1]:
        data = data[next(iter(data)) if step is None else step]
    return data, next(iter(data)) if path[-1] is None else path[-1]


def leads(path):
    try:
        holder, step = reach(FULL, path)
        holder[step]
    except (KeyError, IndexError, TypeError, StopIteration):
        return False
    return True


PATHS = list(dict.fromkeys(list_paths()))
# Keys that a written case leaves out can still be put there: their table has to be. No table of
# figures lies beside this case.
PATHS.remove(("markets", "table", 0))
REACHED = [path for path in PATHS if leads(path) or leads(path[:-1] or path)]
scalars = (
    st.booleans()
    | st.integers(-5, 50)
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.sampled_from(["", "all", "IND", "Brazil", "2014Q3", "online", "x" * 200])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["market", "quarter", "mode", "from", "teams", "IND", "BRA"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
# One value of each kind that TOML has, for every key.
KINDS = [True, -1, 1e300, math.nan, "", "x", datetime.date(2013, 1, 1), [], ["x"], [[1]],
         {"x": 1}, [{}]]  # fmt: skip


def change(data, path, value):
    holder, step = reach(data, path)
    holder[step] = value


def write(value):
    """TOML on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(key)} = {write(inner)}" for key, inner in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(write, value))}]"
    if isinstance(value, bool | str):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, datetime.date) else repr(value)


def answer(data):
    """Problems of a file with these data: of form and of meaning."""
    text = "\n".join(f"{key} = {write(value)}" for key, value in data.items())
    draft = parse_draft(text, "case.toml")
    problems = check_draft(draft, PANEL, check_screening)
    table = draft.case.markets.table or data.get("markets") != FULL["markets"]
    assert all(p.what and ("case.toml" in p.where or table) for p in problems)
    return problems


def test_the_paths_are_those_of_the_format():
    written = {path for path in PATHS if leads(path)}
    assert {("firm", "served", 0, "since"), ("limits", "teams", 0, "from"), ("limits", "after", 0),
            ("limits", "fixed", None, "mode"), ("markets", "inputs", 0, "value"),
            ("parameters", None), ("screening", "weights", None), ("measures", 0, "changes", None),
            ("measures", 0, "sourcing", "sources", 0, "risk")} <= written  # fmt: skip
    assert set(PATHS) == set(REACHED)


def test_the_full_case_is_in_order():
    assert answer(FULL) == []


@pytest.mark.parametrize("part", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2, 3))])
@pytest.mark.parametrize("path", REACHED, ids=lambda path: ".".join(map(str, path)))
def test_every_kind_of_value_in_every_key(path, part):
    """A quarter of the kinds, another one for the next key; the others in the slow suite."""
    for value in KINDS[(REACHED.index(path) + part) % 4 :: 4]:
        data = copy.deepcopy(FULL)
        change(data, path, value)
        answer(data)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(REACHED), values), min_size=1, max_size=3))
def test_any_value_in_any_place(changes):
    data = copy.deepcopy(FULL)
    for path, value in changes:
        if leads(path[:-1] or path):
            with contextlib.suppress(KeyError, IndexError, TypeError, StopIteration):
                change(data, path, value)  # an earlier change may have taken the place away
    answer(data)


# A horizon of five quarters and three markets: small enough to try every schedule.
MARKETS = ("IND", "BRA", "IDN")
SMALL = DATA | {"quarters": 5, "markets": {"candidates": list(MARKETS)}, "targets": []}
codes = st.sampled_from([*MARKETS, "CHN"])
labels = st.sampled_from(["2013Q3", "2013Q4", "2014Q1", "2014Q2"])


@settings(max_examples=200, deadline=None)
@given(
    must=st.lists(codes, max_size=2),
    never=st.lists(codes, max_size=1),
    fixed=st.dictionaries(codes, labels, max_size=2),
    by=st.dictionaries(codes, labels, max_size=2),
    after=st.lists(st.tuples(codes, codes), max_size=3),
    not_together=st.lists(st.lists(codes, min_size=2, max_size=3, unique=True), max_size=1),
    max_markets=st.integers(0, 3),
)
def test_limits_are_called_contradictory_where_no_schedule_keeps_them(**limits):
    asked = DATA["limits"] | limits | {"teams": 9, "waived": ["all"]}
    case = Case.loads(tomlkit.dumps(SMALL | {"limits": asked}))
    problems = check_case(case, PANEL)
    schedules = (
        {"CHN": -1} | {iso3: t for iso3, t in zip(MARKETS, times, strict=True) if t}
        for times in itertools.product(range(case.quarters), repeat=len(MARKETS))
    )
    if any(keeps(case, schedule) for schedule in schedules):
        # A pair of `after` that can never come true is reported even where nobody asks for it.
        assert all(
            problem.where.partition(", ")[2].startswith("limits.after") for problem in problems
        )
    else:
        assert problems


def keeps(case, schedule):
    """Whether a schedule, market -> quarter with home before all, keeps the limits on order."""
    limits = case.limits
    entered = schedule.keys() - {"CHN"}
    return (
        entered >= {*limits.must, *limits.fixed, *limits.by}
        and not entered & set(limits.never)
        and len(entered) <= limits.max_markets
        and all(schedule[m] == case.quarter_index(e.quarter) for m, e in limits.fixed.items())
        and all(schedule[m] <= case.quarter_index(label) for m, label in limits.by.items())
        and all(
            schedule.get(earlier, math.inf) < schedule[later]
            for later, earlier in limits.after
            if later in entered
        )
        and not any(len(set(group) & schedule.keys()) > 1 for group in limits.not_together)
    )
