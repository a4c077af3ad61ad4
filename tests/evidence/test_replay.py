"""A replay of an invented firm: nothing of what came later is in the plan, and figures add up."""

import datetime
import json
import math
import os
from pathlib import Path

import polars as pl
import pytest

from beachhead.cases import Case, Entry, Schedule
from beachhead.data import Panel, load_panel
from beachhead.data.location import find_folder
from beachhead.data.panel import read_tables
from beachhead.errors import InputError
from beachhead.evidence import choose, read_facts, read_histories
from beachhead.evidence.confront import PLANNED, TRUE, Odds, Priced, score
from beachhead.evidence.replay import Replay, replay
from beachhead.planning import Plan, Value
from beachhead.reporting.replay import describe_replay, write_markdown

TINY = """
name = "tiny"
as_of = 2015-03-31
quarters = 16

[firm]
name = "Tiny"
home = "SVN"
units = 120000
revenue = 12e6

[product]
category = "generic"
price = 60.0
unit_cost = 18.0

[markets]
candidates = ["AUT", "ITA", "HUN", "DEU", "CZE"]

[modes]
allowed = ["online"]
localisation = [0.0]

[limits]
teams = 2
capital = 3e7

[[targets]]
metric = "markets"
value = 3
by = "2017Q4"

[[targets]]
metric = "units"
value = 2e5
by = "2016Q4"
"""
ENTRIES = """firm,home_iso3,iso3,year,month,event
Tiny,SVN,HRV,2010,,entry
Tiny,SVN,AUT,2015,5,entry
Tiny,SVN,ITA,2016,,entry
Tiny,SVN,HUN,2017,2,entry
Tiny,SVN,SVK,2017,2,entry
"""
FACTS = """metric,market,period,value,unit,source,verified
units sold,World,2016,0.25,million,page,yes
share by units,AUT,2017,6,percent (rank 3),page,yes
markets entered,outside home,end 2017,4,markets,page,yes
announced new markets for 2016,World,January 2016,2,markets: DEU CZE,page,yes
"""
SHARED = Path(
    os.environ.get("BEACHHEAD_SHARED", Path(__file__).parents[2] / ".." / "shared" / "data")
)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.loads(TINY)


@pytest.fixture(scope="module")
def panel(case: Case) -> Panel:
    return load_panel(as_of=case.as_of)


@pytest.fixture(scope="module")
def planned() -> Plan:
    """A plan that was not searched for, which is enough to be held against what happened."""
    entries = [
        Entry(iso3="ITA", quarter=3, mode="online", localisation=0.0),
        Entry(iso3="DEU", quarter=5, mode="online", localisation=0.0),
    ]
    nothing = Value(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Plan(
        "tiny", "0", 1, "quick", "complete", 0.0, 0.0, None, None, "", nothing,
        Schedule(entries=tuple(entries)), (), (),
    )  # fmt: skip


def tell(folder: Path, panel: Panel, entries: str = ENTRIES, facts: str = FACTS):
    (folder / "entries.csv").write_text(entries)
    (folder / "facts.csv").write_text(facts)
    histories = read_histories(folder / "entries.csv", panel)
    return choose(histories, "Tiny"), read_facts(folder / "facts.csv")


@pytest.fixture(scope="module")
def found(
    case: Case, panel: Panel, planned: Plan, tmp_path_factory: pytest.TempPathFactory
) -> Replay:
    return replay(case, panel, *tell(tmp_path_factory.mktemp("data"), panel), plan=planned)


def test_everything_is_compared(found: Replay) -> None:
    assert (found.candidates, found.judged, found.entered) == (5, 5, 3)
    names = [order.name for order in found.orders]
    assert names[0] == PLANNED and {"screening", "size over distance", "alone"} <= set(names)
    # The true entries are in the order A, I, H; the screening is an order of all five.
    screening = found.orders[names.index("screening")]
    assert (screening.placed, screening.pairs) == (5, 3)
    assert [(year.true, year.planned) for year in found.pace] == [
        (1, 0), (1, 2), (1, 0), (0, 0), (0, 0)
    ]  # fmt: skip
    plan = found.orders[0]
    assert (plan.placed, plan.pairs) == (2, 0)  # Germany was not entered: no pair
    one = plan.within[0]
    assert (one.quarters, one.chosen, one.right) == (12, 2, 1)
    # Italy and Germany, then one of three that tie, of which two were entered.
    assert one.precision == pytest.approx((1 + 2 / 3) / 3)
    # Italy stands before both, each of the others after Germany and level with Czechia.
    assert one.auc == pytest.approx((2 + 2 * 0.5) / 6)
    assert any("SVK" in note for note in found.notes)
    assert [(met.iso3, met.true) for met in found.markets if met.true] == [
        ("AUT", "2015Q2"), ("ITA", "2016"), ("HUN", "2017Q1")
    ]  # fmt: skip


def test_all_schedules_meet_the_same_futures(found: Replay) -> None:
    priced = {one.name: one for one in found.confronted.priced}
    assert {PLANNED, TRUE, "announced for 2016", "stay at home"} <= set(priced)
    home, plan, true = priced["stay at home"], priced[PLANNED], priced[TRUE]
    assert (home.adds, plan.behind) == (0.0, 0.0)
    assert true.mean - home.mean == pytest.approx(true.adds)
    assert plan.mean - true.mean == pytest.approx(true.behind)
    assert (true.entries, priced["announced for 2016"].entries) == (3, 3)  # Austria before it


def test_figures_stand_in_their_futures(found: Replay) -> None:
    fans = {(fan.metric, fan.under): fan for fan in found.confronted.fans}
    fan = fans["markets", TRUE]
    # Three at most are there, less those that were left by then.
    assert (fan.outcome, fan.high, fan.percentile) == (4.0, 3.0, 1.0) and not fan.inside
    units = fans["units", PLANNED]
    assert units.low <= units.middle <= units.high
    assert {place.under for place in found.confronted.standings} == {PLANNED, TRUE}


def test_targets_have_odds_and_outcomes(found: Replay) -> None:
    markets, units = found.confronted.odds
    assert (markets.met, markets.outcomes) == (True, (4.0,))
    assert (units.met, units.outcomes) == (True, (250_000.0,))
    assert 0.0 <= markets.chance <= markets.entered <= 1.0


def test_it_is_written_and_read_back(found: Replay) -> None:
    text = found.to_json()
    assert Replay.from_json(text).to_json() == text
    assert "NaN" not in text and json.loads(text)["firm"] == "Tiny"
    told, page = describe_replay(found), write_markdown(found)
    for word in ("Caught", "Missed", "Wrong", "MISSED"):
        assert word in told and word in page


@pytest.mark.slow
def test_what_came_later_is_in_no_plan(
    case: Case, panel: Panel, found: Replay, tmp_path: Path
) -> None:
    """Later figures, entries and facts are poisoned: the plan stays as it is to the last digit."""
    poison(tmp_path / "panel", case.as_of.year)
    other = load_panel(as_of=case.as_of, folder=tmp_path / "panel")
    entries = ENTRIES.replace("ITA,2016", "DEU,2018").replace("HUN,2017,2", "CZE,2015,8")
    facts = FACTS.replace("0.25", "900").replace("DEU CZE", "HUN ITA")
    clean = replay(case, panel, *tell(tmp_path, panel), effort="quick")
    poisoned = replay(case, other, *tell(tmp_path, panel, entries, facts), effort="quick")

    def tell_plan(found: Replay) -> list[tuple[str, str]]:
        return sorted((met.iso3, met.planned) for met in found.markets if met.planned)

    def price(found: Replay, name: str) -> Priced:
        return next(one for one in found.confronted.priced if one.name == name)

    assert tell_plan(clean) and tell_plan(clean) == tell_plan(poisoned)
    assert price(clean, PLANNED) == price(poisoned, PLANNED)
    assert price(clean, TRUE) != price(poisoned, TRUE)


def poison(folder: Path, year: int) -> None:
    """The panel with all figures of a year and later made seven times as large."""
    folder.mkdir()
    for name, table in read_tables(find_folder()).items():
        if name == "figures":
            later = pl.when(pl.col("year") >= year)
            table = table.with_columns(later.then(pl.col("value") * 7.0).otherwise("value"))
        table.write_parquet(folder / f"{name}.parquet")


def test_scores_are_closed_forms() -> None:
    def odds(chance: float, entered: float, met: bool | None) -> Odds:
        return Odds("", "2016Q4", "2015-03-31", chance, entered, met, ())

    given = [odds(0.8, 1.0, True), odds(0.3, 0.0, False), odds(0.5, 0.5, None)]
    plan, true, even, base = score(given)
    assert plan.brier == pytest.approx((0.2**2 + 0.3**2) / 2)
    assert plan.log == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2)
    assert (true.brier, true.log) == (0.0, pytest.approx(0.0))
    assert (even.brier, even.log) == (0.25, pytest.approx(math.log(2)))
    # Of the other one, met or not, with one of each kind added: a third, and two thirds.
    assert base.brier == pytest.approx((2 / 3) ** 2)
    assert score([odds(0.5, 0.5, None)]) == ()


def test_a_history_without_later_entries_is_refused(
    case: Case, panel: Panel, planned: Plan, tmp_path: Path
) -> None:
    history, facts = tell(tmp_path, panel, ENTRIES.splitlines()[0] + "\nTiny,SVN,AUT,2010,,entry\n")
    with pytest.raises(InputError, match="no entry of Tiny after 2015-03-31"):
        replay(case, panel, history, facts, plan=planned)


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "entries.csv").is_file(), reason="source tables not here")
def test_a_real_firm_is_drafted_and_held_against_its_history() -> None:
    from beachhead.evidence import draft

    day = datetime.date(2014, 12, 31)
    panel = load_panel(as_of=day)
    histories = read_histories(SHARED / "entries.csv", panel, SHARED / "firms.csv")
    history = choose(histories, "OnePlus")
    case = draft(history, day, panel).case
    candidates = {"candidates": ("BGR", "GRC", "POL", "ROU", "IDN", "MYS", "PHL", "THA", "BRA")}
    case = case.model_copy(update={"markets": case.markets.model_copy(update=candidates)})
    found = replay(case, panel, history)
    assert found.entered == 5 and found.judged == 9
    assert found.orders[-1].within[0].auc is not None
