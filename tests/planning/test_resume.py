"""A plan taken up again: what is done stays done, and nothing later is seen."""

import pytest

from beachhead.calibration import believe
from beachhead.cases import Case, Entry, Schedule, check_case
from beachhead.cases.actuals import Actual
from beachhead.cases.schedule import Begun, Gated
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.planning.limits import read_limits
from beachhead.planning.resume import Resumed, resume
from beachhead.simulation import simulate
from beachhead.simulation.pack import pack
from beachhead.simulation.state import NEVER

CASE = Case.loads("""
name = "small"
as_of = 2023-09-30
quarters = 12
[firm]
name = "Small"
home = "AUT"
units = 400000
revenue = 20e6
served = [{ market = "CHE", units = 8000, mode = "online", since = 2015-01-01 }]
[product]
category = "generic"
price = 45.0
unit_cost = 12.0
[markets]
candidates = ["DEU", "CZE", "SVN", "HUN", "POL", "ITA"]
rivals = [{ name = "Rival", markets = ["DEU"], from = "2024Q2", growth = 0.1 }]
[modes]
allowed = ["online", "distributor", "subsidiary"]
localisation = [0.0, 1.0]
[[measures]]
name = "office"
changes = { "entry.cost_factor" = 0.9 }
cost = 1e5
yearly = 2e4
lead = 1
lasts = 8
[[gates]]
name = "Germany first"
pilot = "DEU"
markets = ["POL"]
wait = [3]
units = [1000.0]
[limits]
teams = 2
capital = 4e7
max_markets = 5
by = { DEU = "2024Q4" }
after = [["CZE", "DEU"]]
[[targets]]
metric = "units"
value = 500000
by = "2024Q4"
[[targets]]
metric = "markets"
value = 2
by = "2024Q1"
""")
PANEL = load_panel(as_of=CASE.as_of)
DONE = Entry(iso3="DEU", quarter=2, mode="online", localisation=1.0)
SCHEDULE = Schedule(
    entries=(
        DONE,
        Entry(iso3="CZE", quarter=3, mode="distributor", localisation=0.0),
        Entry(iso3="SVN", quarter=5, mode="subsidiary", localisation=1.0),
        Entry(iso3="HUN", quarter=9, mode="online", localisation=0.0),
        Entry(iso3="POL", quarter=9, mode="online", localisation=0.0),
    ),
    measures=(Begun(measure=0, quarter=1, level=1.0),),
    gates=(Gated(gate=0, wait=3, threshold=1000.0),),
)


@pytest.fixture(scope="module")
def futures():
    return simulate(CASE, PANEL, believe(CASE, PANEL), SCHEDULE, worlds=4, seed=3)


def take_up(futures, as_of: str, *actuals: Actual, case: Case = CASE) -> Resumed:
    return resume(case, PANEL, CASE, SCHEDULE, futures, actuals, as_of)


def test_at_its_start_a_case_is_as_it_was(futures) -> None:
    found = take_up(futures, "2023Q4")
    assert found.case == CASE.resolve(PANEL)
    assert found.rest == SCHEDULE
    assert (found.done, found.committed, found.notes) == ((), (), ())


def test_done_stays_done_and_begun_is_fixed(futures) -> None:
    found = take_up(
        futures, "2024Q4", Actual("DEU", "2024Q3", "units", 900.0),
        Actual("AUT", "2024Q3", "units", 123_000.0), Actual("CZE", "2024Q3", "exited", 1.0),
        Actual("ITA", "2024Q3", "entered", 1.0, "online"), Actual("ITA", "2024Q3", "units", 5.0),
    )  # fmt: skip
    case = found.case
    assert (str(case.as_of), case.quarters, case.quarter_label(7)) == ("2024-09-30", 8, "2026Q3")
    assert found.done == ("DEU", "ITA") and found.committed == ("SVN",)
    served = {one.market: one for one in case.firm.served}
    assert set(served) == {"CHE", "DEU", "ITA"}  # a market that was left is not served
    assert (served["DEU"].units, served["DEU"].localisation) == (3600.0, 1.0)
    assert str(served["DEU"].since) == "2024-04-01"
    assert served["ITA"].units == 20.0
    sold = futures["units"].sel(market="AUT").values
    assert case.firm.units == pytest.approx(sold[:3].sum() + 123_000.0)
    assert case.limits.never == ("CZE",)
    fixed = case.limits.fixed["SVN"]
    assert (fixed.quarter, fixed.mode, fixed.localisation) == ("2025Q1", "subsidiary", 1.0)
    assert case.limits.by == {} and case.limits.after == () and case.limits.max_markets == 3
    # The measure has worked for two of its eight quarters, and its price is paid.
    (office,) = case.measures
    assert (office.begin, office.cost, office.lead, office.lasts) == ("2024Q4", 0.0, 0, 6)
    (rival,) = case.markets.rivals
    assert rival.start is None and rival.strength == pytest.approx(1.0513, abs=1e-4)
    (target,) = case.targets
    abroad = sum(
        futures["units"].sel(market=m).values[1:4] / futures["present"].sel(market=m).values[1:4]
        for m in ("CHE",)
    ).sum()
    assert target.so_far is not None and target.so_far > sold[1:3].sum() + 123_000.0 + abroad
    assert [entry.iso3 for entry in found.rest.entries] == ["SVN", "HUN", "POL"]
    assert [entry.quarter for entry in found.rest.entries] == [1, 5, 5]
    made = Case.loads(case.to_toml())
    there = load_panel(as_of=made.as_of)
    assert made == case and check_case(made, there) == []
    # What is in preparation is ready at its quarter, in its way, and at no other.
    packed = pack(made, there)
    first = read_limits(made, packed).first[packed.markets.index("SVN")]
    assert [way for way, date in zip(packed.options, first, strict=False) if date < NEVER] == [
        ("subsidiary", 1.0)
    ]
    assert first.min() == 1 < packed.problem.options.preparation.max()


def test_money_is_what_is_known_and_what_was_planned_since(futures) -> None:
    flows = futures["ledger"].sum("line").sum("market").values
    found = take_up(futures, "2024Q4")
    assert found.case.limits.capital == pytest.approx(4e7 + flows[:4].sum())
    known = Actual("", "2024Q1", "cash", 1e6), Actual("DEU", "2024Q3", "flow", -7.0)
    planned = float(futures["ledger"].sel(market="DEU").sum("line").values[3])
    found = take_up(futures, "2024Q4", *known)
    assert found.case.limits.capital == pytest.approx(1e6 + flows[2:4].sum() - planned - 7.0)


def test_a_gate_that_has_been_looked_at(futures) -> None:
    sold = [Actual("DEU", f"2024Q{k}", "units", 340.0) for k in (2, 3, 4)]
    opened = take_up(futures, "2025Q2", *sold)
    assert "it opened" in opened.notes[0] and opened.case.limits.never == ()
    assert opened.case.gates[0].use == "never"
    shut = take_up(futures, "2025Q2", *sold[:2], Actual("DEU", "2024Q4", "units", 1.0))
    assert "did not open" in shut.notes[0]
    assert shut.case.limits.never == ("POL",) and shut.case.gates == ()
    early = take_up(futures, "2024Q4", *sold[:2])  # looked at in 2025Q1: three months from now
    assert early.case.gates[0].wait == (1,) and early.case.gates[0].units == (320.0,)
    assert early.rest.gates == (Gated(gate=0, wait=1, threshold=320.0),)


def test_what_cannot_be_taken_up_is_refused(futures) -> None:
    for label in ("2023Q3", "2026Q1"):
        with pytest.raises(InputError, match="cannot be taken up"):
            take_up(futures, label)
    with pytest.raises(InputError, match=r"not planned.*its units in 2024Q3"):
        take_up(futures, "2024Q4", Actual("ITA", "2024Q3", "entered", 1.0, "online"))
    other = CASE.model_copy(update={"quarters": 12, "as_of": CASE.as_of.replace(year=2022)})
    with pytest.raises(InputError, match=r"from 2022Q4, the run of AUT from 2023Q4"):
        take_up(futures, "2024Q4", case=other)
