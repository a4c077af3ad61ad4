"""Cases out of a history: only what came before counts, and all that is made up is said."""

import datetime
from pathlib import Path

import pytest

from beachhead.cases import Case, check_case
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.evidence import choose, draft, keep_sourced, narrow, read_histories, strip
from beachhead.evidence.drafting import find_category
from beachhead.evidence.truth import see

DAY = datetime.date(2012, 12, 31)
HEAD = "firm,sector,home_iso3,iso3,year,month,event\n"
ROWS = [
    "Tunes,music streaming,SWE,NOR,2008,10,entry",
    "Tunes,music streaming,SWE,FIN,2008,,entry",
    "Tunes,music streaming,SWE,DEU,2012,3,entry",
    "Tunes,music streaming,SWE,CHL,2010,,entry",
    "Tunes,music streaming,SWE,CHL,2011,,exit",
    "Tunes,music streaming,SWE,ITA,2013,2,entry",
    "Tunes,music streaming,SWE,POL,2013,,entry",
    "Tunes,music streaming,SWE,BRA,2014,5,entry",
    "Rolls,furniture retail,SWE,DNK,1969,,entry",
]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel(as_of=DAY)


def tell(tmp_path: Path, panel: Panel, rows: list[str], firm: str = "Tunes"):
    path = tmp_path / "entries.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    firms = tmp_path / "firms.csv"
    firms.write_text("firm,coverage,score_until\nTunes,full,2017\n")
    return choose(read_histories(path, panel, firms), firm)


def test_a_drafted_case_is_in_order_and_says_what_was_made_up(tmp_path: Path, panel: Panel) -> None:
    drafted = draft(tell(tmp_path, panel, ROWS), DAY, panel)
    case = drafted.case
    assert not check_case(case, panel)
    assert (case.name, case.product.category, case.quarters) == ("tunes-2012", "subscription", 24)
    assert [market.market for market in case.firm.served] == ["DEU", "FIN", "NOR"]
    assert case.firm.revenue == pytest.approx(
        case.product.price * (case.firm.units + sum(m.units for m in case.firm.served))
    )
    assert any("not known" in words for words in drafted.guessed)


def test_later_entries_change_no_case_and_earlier_ones_do(tmp_path: Path, panel: Panel) -> None:
    def make(rows: list[str]) -> Case:
        return draft(tell(tmp_path, panel, rows), DAY, panel).case

    before = make(ROWS)
    later = [row.replace("ITA,2013", "USA,2015").replace("BRA,2014", "IND,2013") for row in ROWS]
    assert make([row for row in later if "POL" not in row]) == before
    assert make([row.replace("FIN,2008", "DNK,2008") for row in ROWS]) != before


def test_what_is_known_of_the_years_after(tmp_path: Path, panel: Panel) -> None:
    history = tell(tmp_path, panel, ROWS)
    case = draft(history, DAY, panel).case.resolve(panel)
    truth = see(history, case, panel)
    assert {iso3: (s.first, s.last) for iso3, s in truth.entered.items()} == {
        "ITA": (0, 0), "POL": (0, 3), "BRA": (5, 5)
    }  # fmt: skip
    assert (truth.until, truth.windows) == (20, (12, 20))
    # Chile was entered and left before: whether it was entered is no question any more.
    assert truth.early == ("CHL",) and "CHL" not in truth.judged
    assert "USA" in truth.judged and "DEU" not in truth.judged


def test_listed_coverage_judges_listed_markets_alone(tmp_path: Path, panel: Panel) -> None:
    history = tell(tmp_path, panel, ROWS)
    case = draft(history, DAY, panel).case
    listed = see(type(history)(**{**history.__dict__, "coverage": "listed"}), case, panel)
    assert set(listed.judged) == set(listed.entered) == {"ITA", "POL", "BRA"}


def test_strip_keeps_the_first_hour_alone(panel: Panel) -> None:
    case = Case.load("xiaomi-2013")
    bare = strip(case)
    assert (bare.firm.units, bare.product.price) == (case.firm.units, case.product.price)
    assert (bare.as_of, bare.quarters, bare.limits.teams) == (case.as_of, 40, case.limits.teams)
    assert not bare.firm.rivals and not bare.markets.inputs and not bare.parameters
    assert len(bare.targets) == 2  # told, not demanded
    assert not check_case(bare, load_panel(as_of=case.as_of))


def test_sectors_and_firms_are_found(tmp_path: Path, panel: Panel) -> None:
    assert find_category("consumer electronics (smartphones)") == "smartphone"
    assert find_category("mobile payments") == "subscription"
    assert find_category("furniture retail") == "retail"
    assert find_category("ship building") == "generic"
    assert tell(tmp_path, panel, ROWS, "roll").firm == "Rolls"
    with pytest.raises(InputError, match="Did you mean 'Tunes'"):
        tell(tmp_path, panel, ROWS, "Tune s")
    with pytest.raises(InputError, match="last day of a year"):
        draft(tell(tmp_path, panel, ROWS), datetime.date(2012, 6, 30), panel)


def test_only_sourced_figures_are_kept() -> None:
    case = Case.load("xiaomi-2013")
    kept = keep_sourced(case).markets.inputs
    assert kept and {row.basis for row in kept} == {"source"}
    assert {row.basis for row in case.markets.inputs} - {"source"} == {"judgement"}


def test_the_largest_economies_are_kept(panel: Panel) -> None:
    case = Case.load("xiaomi-2013")
    few = narrow(case, panel, 3).candidate_iso3(panel)
    assert few == ("IND", "JPN", "USA")
    assert set(few) < set(narrow(case, panel, 9).candidate_iso3(panel))
