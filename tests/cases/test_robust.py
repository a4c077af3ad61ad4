"""Whatever a file holds, the answer is a case or a list of problems, never another error."""

import copy
import itertools
import math
import tomllib

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.cases import Case, check_case
from beachhead.data import load_panel
from beachhead.errors import InputError

CASE = Case.load("xiaomi-2013")
DATA = tomllib.loads(CASE.to_toml())
DATA["markets"]["inputs"] = DATA["markets"]["inputs"][:2]
PANEL = load_panel(CASE.as_of)
KEYS = [
    (table, key)
    for table, value in DATA.items()
    for key in (value if isinstance(value, dict) else [None])
]
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


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(KEYS), values), min_size=1, max_size=3))
def test_any_value_in_any_place(changes):
    data = copy.deepcopy(DATA)
    for (table, key), value in changes:
        if key is None or not isinstance(data[table], dict):
            data[table] = value
        else:
            data[table][key] = value
    try:
        case = Case.loads(tomlkit.dumps(data), "case.toml")
    except InputError as error:
        assert all(
            "case.toml" in problem.where or problem.what == "no such file"  # a table's
            for problem in error.problems
        )
    else:
        assert all(problem.what for problem in check_case(case, PANEL))


# A horizon of five quarters and three markets: small enough to try every schedule.
MARKETS = ("IND", "BRA", "IDN")
SMALL = DATA | {"quarters": 5, "markets": {"candidates": list(MARKETS)}}
codes = st.sampled_from([*MARKETS, "CHN"])
labels = st.sampled_from(["2013Q3", "2013Q4", "2014Q1", "2014Q2"])


@settings(max_examples=200)
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
    case = Case.loads(tomlkit.dumps(SMALL | {"limits": DATA["limits"] | limits | {"teams": 9}}))
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
