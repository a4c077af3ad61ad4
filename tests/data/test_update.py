"""The refresh, against a server that speaks the World Bank's format."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import world_bank
from world_bank import ARCHIVED, Bank, row, serve_own

from beachhead.data import load_panel, update
from beachhead.data.build import PACKAGED
from beachhead.data.location import ELSEWHERE, TABLES
from beachhead.data.series import BY_KEY
from beachhead.data.worldbank import Patience
from beachhead.errors import InputError
from beachhead.files import put_in_place, standing

QUICK = Patience(timeout=5.0, tries=3, pause=0.001, longest=0.01)
ONLINE, MOBILE = "IT.NET.USER.ZS", "IT.CEL.SETS.P2"
NAMED = (
    "ABW", "AND", "CIV", "COD", "FRA", "IND", "NAM", "PSE", "ROU", "TLS", "TWN", "XKX",
)  # fmt: skip
KEYS = (
    "population", "gdp_pc_ppp_const", "gdp_current_usd", "gdp_const2015_usd",
    "real_gdp_growth_pct", "internet_users_pct", "mobile_subs_per100", "wgi_rule_of_law", "hdi",
)  # fmt: skip


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    bank = Bank()
    with bank.serve() as address:
        bank.address = address
        yield bank


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some series of some economies of the shipped panel."""
    folder = tmp_path_factory.mktemp("small") / "panel"
    shutil.copytree(PACKAGED, folder)
    figures = pl.read_parquet(PACKAGED / "figures.parquet")
    economies = {*figures["iso3"].unique().sort()[::4], *NAMED}
    figures.filter(pl.col("iso3").is_in(economies), pl.col("series").is_in(KEYS)).write_parquet(
        folder / "figures.parquet"
    )
    return folder


@pytest.fixture
def out(small: Path, tmp_path: Path) -> Path:
    """A small panel that a refresh starts from, alone in its folder."""
    return Path(shutil.copytree(small, tmp_path / "out" / "panel"))


def refresh(bank: Bank, out: Path, patience: Patience = QUICK) -> dict[str, Any]:
    """Refresh, and what became of each series."""
    return {
        change.series: change for change in update(bank.address, out, patience=patience).changes
    }


def read(folder: Path, *keys: str) -> pl.DataFrame:
    figures = pl.read_parquet(folder / "figures.parquet")
    return figures.filter(pl.col("series").is_in(keys)) if keys else figures


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Bank]:
    """The shipped panel refreshed with its own figures."""
    bank, out = Bank(), tmp_path_factory.mktemp("whole") / "panel"
    serve_own(bank)
    with bank.serve() as bank.address:
        return out, refresh(bank, out), bank


def test_own_figures_change_no_value(whole: tuple[Path, dict[str, Any], Bank]) -> None:
    out, changes, _ = whole
    assert [key for key, change in changes.items() if change.kept] == ["hdi"]
    before, after = read(PACKAGED), read(out)
    place = ["series", "iso3", "year"]
    assert after.select(place).equals(before.select(place))
    derived = after["series"] == "real_gdp_growth_pct"
    assert after.filter(~derived)["value"].equals(before.filter(~derived)["value"])
    # Growth is derived from levels that the panel has to six digits only.
    off = (after["value"] - before["value"]).abs().max()
    assert off is not None and off < 0.002
    for change in changes.values():
        assert (change.new, change.gone, change.before) == (0, 0, change.after), change
    for name in TABLES[1:]:
        file = f"{name}.parquet"
        assert (out / file).read_bytes() == (PACKAGED / file).read_bytes()


def test_source_says_what_was_refreshed_and_when(
    whole: tuple[Path, dict[str, Any], Bank],
) -> None:
    before, after = read(PACKAGED), read(whole[0])
    others = ~before["source"].str.contains(r"^(derived: )?W[DG]I |^UN WPP.*pop\)$")
    assert after.filter(others).equals(before.filter(others))
    sources = set(after.filter(~others)["source"])
    assert all(source.endswith(", updated 2026-07-01") for source in sources)
    assert "WDI SP.POP.TOTL, updated 2026-07-01" in sources
    assert "WGI GOV_WGI_RL.EST, updated 2026-07-01" in sources
    assert "derived: WDI NY.GDP.MKTP.KD yoy, updated 2026-07-01" in sources


def test_only_declared_codes_are_asked_for_and_of_their_database(
    whole: tuple[Path, dict[str, Any], Bank],
) -> None:
    bank = whole[2]
    declared = {series.codes[0]: series.database for series in BY_KEY.values() if series.codes}
    pages = {code: -(-len(bank.rows[code]) // bank.most) for code in declared}
    assert Counter(code for code, _ in bank.asked) == pages
    for code, query in bank.asked:
        assert query["source"] == {"WDI": "2", "WGI": "3"}[declared[code]]
        assert query["date"] == f"2004:{date.today().year}"


def test_lags_rule_as_before(whole: tuple[Path, dict[str, Any], Bank]) -> None:
    then, now = load_panel("2013-03-31", PACKAGED), load_panel("2013-03-31", whole[0])
    place = ["series", "iso3", "year"]
    assert now.figures.select(place).equals(then.figures.select(place))
    assert now.note.startswith("Only figures that count as published by 2013-03-31")


def test_panel_says_that_it_was_refreshed(whole: tuple[Path, dict[str, Any], Bank]) -> None:
    out, _, bank = whole
    told = f"refreshed {date.today()} from the World Bank, by way of {bank.address}"
    assert load_panel(folder=out).origin == told
    assert told in str(load_panel("2013-03-31", out))


def test_pages_make_no_difference(bank: Bank, out: Path, tmp_path: Path) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    shutil.copytree(out, tmp_path / "paged")
    bank.most = 10_000
    refresh(bank, out)
    bank.most = 70
    bank.asked.clear()
    refresh(bank, tmp_path / "paged")
    assert sum(code == ONLINE for code, _ in bank.asked) == -(-len(bank.rows[ONLINE]) // 70) > 10
    assert read(out).equals(read(tmp_path / "paged"))


def change_update(handler, page: Any) -> None:
    world_bank.send(handler, [{**page[0], "lastupdated": "2026-08-01"}, page[1]])


def drop_rows(handler, page: Any) -> None:
    world_bank.send(handler, [page[0], page[1][:-3]])


def send_empty(handler, page: Any) -> None:
    world_bank.send(handler, [page[0], []])


def be_unavailable(handler, page: Any) -> None:
    message = {"id": "105", "key": "Service currently unavailable", "value": "Later."}
    world_bank.send(handler, [{"message": [message]}])


def say_more_pages(handler, page: Any) -> None:
    world_bank.send(handler, [{**page[0], "pages": page[0]["pages"] + 1}, page[1]])


@pytest.mark.parametrize(
    "faults",
    [
        [world_bank.refuse(429, Retry_After="3600")],
        [world_bank.refuse(503)] * 2,
        [world_bank.refuse(500), world_bank.refuse(502)],
        [world_bank.reset],
        [world_bank.cut_off] * 2,
        [world_bank.cut_short],
        [world_bank.send_html],
        [be_unavailable],
        [world_bank.say_total(5)],
        [world_bank.say_total("10000")],
        [world_bank.send, drop_rows],
        [world_bank.send, send_empty],
        [world_bank.send, change_update],
        [world_bank.send, say_more_pages],
    ],
    ids=[
        "429", "503 twice", "500 and 502", "reset", "cut off twice", "cut short", "HTML",
        "unavailable", "total too small", "total too large", "rows missing", "page empty",
        "updated in between", "pages change in between",
    ],
)  # fmt: skip
def test_faults_that_pass_are_waited_out(bank: Bank, out: Path, small: Path, faults: list) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    bank.faults[ONLINE] = list(faults)
    bank.most = 300
    assert refresh(bank, out)["internet_users_pct"].kept == ""
    assert not bank.faults[ONLINE]
    assert read(out)["value"].equals(read(small)["value"])


def test_waits_as_long_as_it_is_asked_to_within_bounds(
    bank: Bank, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    patience = Patience(timeout=5, tries=4, pause=0.5, longest=60)
    asked = [world_bank.refuse(429, Retry_After="7"), world_bank.refuse(503, Retry_After="9999")]
    bank.faults[ONLINE] = [*asked, world_bank.refuse(503)]
    refresh(bank, out, patience)
    assert waits == [7, 60, 2.0]


def other_indicator(handler, page: Any) -> None:
    rows = [{**r, "indicator": {"id": "IT.NET.BBND"}} for r in page[1]]
    world_bank.send(handler, [page[0], rows])


def with_first(value: object) -> world_bank.Fault:
    def fault(handler, page: Any) -> None:
        world_bank.send(handler, [page[0], [{**page[1][0], "value": value}, *page[1][1:]]])

    return fault


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda handler, page: world_bank.send(handler, ARCHIVED), "The indicator was not found"),
        (world_bank.send_html, "a page of HTML or XML in place of figures, 3 times over"),
        (world_bank.cut_short, "an answer that was cut off, 3 times over"),
        (world_bank.say_total(9999), "rows of the 9,999 that were announced"),
        (world_bank.say_total("many"), "a form that is not known"),
        (lambda handler, page: world_bank.send(handler, {"ok": 1}), "a form that is not known"),
        (lambda handler, page: world_bank.send(handler, [page[0], [7]]), "announced"),
        (lambda handler, page: world_bank.send(handler, [{**page[0], "total": 0}, None]), "no fig"),
        (world_bank.refuse(404), "HTTP 404"),
        (world_bank.refuse(503), "HTTP 503"),
        (other_indicator, "answers with figures of IT.NET.BBND"),
        (with_first("n/a"), "a value that is no number: 'n/a'"),
        (with_first(float("nan")), "a value that is no number: nan"),
        (with_first(True), "a value that is no number: True"),
    ],
)
def test_series_that_cannot_be_had_stays_as_it_was(
    bank: Bank, out: Path, small: Path, fault: world_bank.Fault, reason: str
) -> None:
    serve_own(bank, "internet_users_pct", "mobile_subs_per100", folder=out)
    bank.rows[MOBILE] = [{**r, "value": r["value"] * 2} for r in bank.rows[MOBILE]]
    bank.most = 10_000
    bank.always[ONLINE] = fault
    changes = refresh(bank, out)
    assert reason in changes["internet_users_pct"].kept
    assert ONLINE in changes["internet_users_pct"].kept
    assert changes["mobile_subs_per100"].kept == ""
    assert changes["mobile_subs_per100"].changed > 500
    assert read(out, "internet_users_pct").equals(read(small, "internet_users_pct"))


def thin_out(rows: list, keep) -> list:
    return [r for r in rows if keep(r)]


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        (lambda r: r["countryiso3code"] < "S", "only "),
        (lambda r: int(r["date"]) > 2010, "figures, the panel has "),
        (lambda r: int(r["date"]) < 2023, "most economies end in 2022, in the panel in 2023"),
    ],
    ids=["economies", "years", "newest year"],
)
def test_answer_that_goes_less_far_is_not_taken(
    bank: Bank, out: Path, small: Path, keep, reason: str
) -> None:
    serve_own(bank, "internet_users_pct", "mobile_subs_per100", folder=out)
    bank.rows[ONLINE] = thin_out(bank.rows[ONLINE], keep)
    changes = refresh(bank, out)
    assert reason in changes["internet_users_pct"].kept
    assert read(out, "internet_users_pct").equals(read(small, "internet_users_pct"))


def test_prices_of_another_year_are_not_mixed_in(bank: Bank, out: Path) -> None:
    serve_own(bank, "gdp_pc_ppp_const", "gdp_const2015_usd", folder=out)
    for code, title in (
        ("NY.GDP.PCAP.PP.KD", "GDP per capita, PPP (constant 2021 international $)"),
        ("NY.GDP.MKTP.KD", "GDP (constant 2020 US$)"),
    ):
        bank.rows[code] = [
            {**r, "indicator": {"id": code, "value": title}} for r in bank.rows[code]
        ]
    changes = refresh(bank, out)
    assert changes["gdp_pc_ppp_const"].kept == ""
    assert "constant 2020 US$" in changes["gdp_const2015_usd"].kept
    # What is derived from it stays with it.
    assert changes["real_gdp_growth_pct"].kept == changes["gdp_const2015_usd"].kept


def test_economies_are_known_by_any_code_and_name(bank: Bank, out: Path) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    called = {
        "ROU": ("ROM", "RO", "Romania"),  # an old code
        "XKX": ("", "XK", "Kosovo"),  # no ISO3 code
        "TLS": ("TMP", "TP", "Timor-Leste"),
        "PSE": ("WBG", "PS", "West Bank and Gaza"),
        "COD": ("ZAR", "ZR", "Congo, Dem. Rep."),
        "AND": ("ADO", "AD", "Andorra"),
        "ABW": ("", "ABW", "Aruba"),  # an ISO3 code where the other one belongs
        "CIV": ("QQQ", "Q1", "Cote d'Ivoire"),  # a code that nobody knows yet
        "NAM": ("NAM", "NA", "Namibia"),
    }
    strangers = [
        row(ONLINE, iso3, 2020, 50.0, iso2=iso2, name=name)
        for iso3, iso2, name in (
            ("AFE", "ZH", "Africa Eastern and Southern"), ("WLD", "1W", "World"),
            ("", "XD", "High income"), ("", "1A", "Arab World"), ("CHI", "JG", "Channel Islands"),
        )
    ]  # fmt: skip
    rows = []
    for r in bank.rows[ONLINE]:
        iso3, iso2, name = called.get(r["countryiso3code"], (r["countryiso3code"], "", ""))
        rows.append({**r, "countryiso3code": iso3, "country": {"id": iso2, "value": name}})
    bank.rows[ONLINE] = [*rows, *strangers]
    change = refresh(bank, out)["internet_users_pct"]
    assert (change.new, change.changed, change.gone, change.untouched) == (0, 0, 0, ())


def test_rows_that_are_no_yearly_figures_are_passed_over(bank: Bank, out: Path) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    year = date.today().year
    bank.rows[ONLINE] += [
        row(ONLINE, "IND", "2020Q1", 1.0),
        row(ONLINE, "IND", "2020M05", 1.0),
        row(ONLINE, "IND", "", 1.0),
        row(ONLINE, "IND", 2004, 1.0),  # before the panel begins
        row(ONLINE, "IND", year, None),
        bank.rows[ONLINE][0],  # given twice
        {**bank.rows[ONLINE][1], "value": str(bank.rows[ONLINE][1]["value"])},  # a number as text
    ]
    change = refresh(bank, out)["internet_users_pct"]
    assert (change.kept, change.new, change.changed, change.gone) == ("", 0, 0, 0)


def test_two_figures_for_one_place_are_a_contradiction(bank: Bank, out: Path) -> None:
    serve_own(bank, "internet_users_pct", "mobile_subs_per100", folder=out)
    bank.rows[ONLINE].append(row(ONLINE, "ROM", 2020, 1.0))
    assert "two figures of ROU in 2020" in refresh(bank, out)["internet_users_pct"].kept


def test_new_figures_take_the_place_of_the_banks_and_no_others(bank: Bank, out: Path) -> None:
    serve_own(bank, "gdp_current_usd", folder=out)
    code = "NY.GDP.MKTP.CD"
    rows = [r for r in bank.rows[code] if (r["countryiso3code"], r["date"]) != ("FRA", "2010")]
    rows.append(row(code, "TWN", 2019, 123456789.0))
    rows.append(row(code, "FRA", 2024, 3.16123456e12))
    bank.rows[code] = rows
    change = refresh(bank, out)["gdp_current_usd"]
    assert (change.new, change.changed, change.gone) == (1, 1, 1)
    panel = load_panel(folder=out)
    taiwan = panel.history("TWN", "gdp_current_usd")
    assert taiwan["year"].to_list() == [2014, 2015, 2018, 2019] or taiwan.height == 4
    assert taiwan["value"][-1] == 123457000.0  # six digits
    assert taiwan["source"][-1] == "WDI NY.GDP.MKTP.CD, updated 2026-07-01"
    assert taiwan["source"][0].startswith("CIA World Factbook")
    assert panel.figure("FRA", "gdp_current_usd").year == 2024
    assert 2010 not in panel.history("FRA", "gdp_current_usd")["year"]


def test_economy_that_the_answer_lacks_keeps_its_figures(
    bank: Bank, out: Path, small: Path
) -> None:
    serve_own(bank, "wgi_rule_of_law", folder=out)
    code = "GOV_WGI_RL.EST"
    bank.rows[code] = thin_out(bank.rows[code], lambda r: r["countryiso3code"] != "TWN")
    change = refresh(bank, out)["wgi_rule_of_law"]
    assert (change.untouched, change.gone) == (("TWN",), 0)
    then, now = (load_panel(folder=folder) for folder in (small, out))
    assert now.figure("TWN", "wgi_rule_of_law") == then.figure("TWN", "wgi_rule_of_law")


def test_former_code_is_asked_where_todays_is_unknown(bank: Bank, out: Path) -> None:
    serve_own(bank, "wgi_rule_of_law", folder=out)
    bank.rows["RL.EST"] = [row("RL.EST", r["countryiso3code"], r["date"], r["value"])
                           for r in bank.rows.pop("GOV_WGI_RL.EST")]  # fmt: skip
    assert refresh(bank, out)["wgi_rule_of_law"].kept == ""
    source = load_panel(folder=out).figure("FRA", "wgi_rule_of_law").source
    assert source == "WGI RL.EST, updated 2026-07-01"


def test_growth_is_derived_from_unrounded_levels(bank: Bank, out: Path) -> None:
    serve_own(bank, "gdp_const2015_usd", folder=out)
    code = "NY.GDP.MKTP.KD"
    rows = thin_out(bank.rows[code], lambda r: r["countryiso3code"] != "FRA")
    levels = {year: 1e12 * 1.0123456**year for year in range(0, 20) if year != 12}
    rows += [row(code, "FRA", 2005 + year, level) for year, level in levels.items()]
    bank.rows[code] = rows
    refresh(bank, out)
    growth = load_panel(folder=out).history("FRA", "real_gdp_growth_pct")
    # None for the first year and for the two on both sides of the hole in 2017.
    assert growth["year"].to_list() == [2005 + y for y in range(1, 20) if y not in (12, 13)]
    assert set(growth["value"]) == {1.23456}


def test_projections_give_way_to_estimates_only(bank: Bank, out: Path) -> None:
    serve_own(bank, "population", folder=out)
    bank.rows["SP.POP.TOTL"].append(row("SP.POP.TOTL", "FRA", 2024, 68_551_653))
    refresh(bank, out)
    people = load_panel(folder=out).history("FRA", "population").tail(2)
    assert people["value"][0] == 68_551_700.0
    assert people["source"][0] == "WDI SP.POP.TOTL, updated 2026-07-01"
    assert people["source"][1].endswith("projection")


def test_day_of_the_data_may_be_unsaid(bank: Bank, out: Path) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    bank.updated = "soon"
    refresh(bank, out)
    assert load_panel(folder=out).figure("FRA", "internet_users_pct").source == f"WDI {ONLINE}"


@pytest.fixture
def refreshed(bank: Bank, out: Path) -> dict[str, bytes]:
    """A refreshed panel in `out`, as bytes, and a bank that then has other figures."""
    serve_own(bank, "internet_users_pct", "mobile_subs_per100", folder=out)
    refresh(bank, out)
    for code in (ONLINE, MOBILE):
        bank.rows[code] = [{**r, "value": r["value"] / 2} for r in bank.rows[code]]
    return read_bytes(out)


@pytest.mark.parametrize("fault", ["gone", "hanging", "stalling"])
def test_network_fault_in_the_middle_leaves_the_old_panel(
    bank: Bank, out: Path, refreshed: dict[str, bytes], fault: str
) -> None:
    # Mobile subscriptions come after internet users, which were answered well.
    bank.always[MOBILE] = {
        "gone": world_bank.reset, "hanging": world_bank.hang(bank),
        "stalling": world_bank.stall(bank),
    }[fault]  # fmt: skip
    patience = Patience(timeout=0.1, tries=2, pause=0.001)
    with pytest.raises(InputError, match="interface does not answer") as caught:
        refresh(bank, out, patience)
    assert "Nothing was changed" in str(caught.value)
    if fault != "gone":
        assert "nothing for 0.1 s" in str(caught.value)
    assert read_bytes(out) == refreshed
    assert list(out.parent.iterdir()) == [out]


def test_host_that_is_not_there(tmp_path: Path) -> None:
    out = tmp_path / "panel"
    with Bank().serve() as address:
        pass
    with pytest.raises(InputError, match=os.strerror(errno.ECONNREFUSED)):
        update(address, out, patience=QUICK)
    assert not out.exists()


def test_nothing_to_be_had_is_a_fault(bank: Bank, out: Path, refreshed: dict[str, bytes]) -> None:
    bank.rows.clear()
    bank.always[ONLINE] = world_bank.refuse(500)
    with pytest.raises(InputError) as caught:
        refresh(bank, out)
    text = str(caught.value)
    assert f"{ONLINE}: HTTP 500" in text and "The indicator was not found" in text
    assert "nothing was refreshed" in text
    assert read_bytes(out) == refreshed


def test_second_refresh_starts_from_the_first(
    bank: Bank, out: Path, refreshed: dict[str, bytes]
) -> None:
    bank.rows[MOBILE] = []
    before = read(out, "mobile_subs_per100")
    changes = refresh(bank, out)
    assert changes["mobile_subs_per100"].kept == f"{MOBILE}: no figures"
    assert changes["internet_users_pct"].changed > 500
    assert read(out, "mobile_subs_per100").equals(before)
    assert "updated" in before["source"][0]


def test_panel_that_lacks_a_table_is_written_anew_from_the_shipped_one(
    bank: Bank, out: Path
) -> None:
    serve_own(bank, "internet_users_pct")
    (out / "blocs.parquet").unlink()
    assert refresh(bank, out)["internet_users_pct"].kept == ""
    assert load_panel(folder=out).figures.height == load_panel(folder=PACKAGED).figures.height


@pytest.mark.parametrize("address", ["worldbank.org", "ftp://127.0.0.1/v2", "http://", "https:/x"])
def test_address_has_to_be_one(address: str, out: Path) -> None:
    with pytest.raises(InputError, match="not the address of an interface"):
        update(address, out, patience=QUICK)


def test_folder_with_anything_else_is_left_alone(bank: Bank, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"holds 'thesis\.txt' and is no panel"):
        refresh(bank, out)
    with pytest.raises(InputError, match="the package's own panel"):
        refresh(bank, PACKAGED)
    with pytest.raises(InputError, match="not a folder"):
        refresh(bank, out / "thesis.txt")
    assert bank.asked == []
    assert read_bytes(out) == {"thesis.txt": b"years of work"}


def test_link_to_a_folder_stays_a_link(bank: Bank, out: Path, tmp_path: Path) -> None:
    serve_own(bank, "internet_users_pct", folder=out)
    link = tmp_path / "link"
    link.symlink_to(out)
    refresh(bank, link)
    assert link.is_symlink()
    assert list(out.parent.iterdir()) == [out]
    assert load_panel(folder=link).figure("FRA", "internet_users_pct").source.startswith("WDI")
    assert "refreshed" in load_panel(folder=out).origin


def fill(folder: Path, content: str) -> None:
    for name in TABLES:
        (folder / f"{name}.parquet").write_text(content)


def is_whole(folder: Path) -> str:
    """Content of all tables of the panel that stands for `folder`, which has to be one."""
    contents = {(standing(folder) / f"{name}.parquet").read_text() for name in TABLES}
    assert len(contents) == 1
    return contents.pop()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_swap_that_is_interrupted_leaves_a_whole_panel(
    stop: Any, when: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    for step in range(4):
        for path in out.parent.iterdir():
            shutil.rmtree(path)
        out.mkdir()
        fill(out, "old")
        calls: list[int] = []

        def interrupted(self: Path, target: Path, step=step, calls=calls) -> Path:
            calls.append(1)
            if len(calls) == step + 1 and when == "before":
                raise stop
            done = rename(self, target)
            if len(calls) == step + 1:
                raise stop
            return done

        monkeypatch.setattr(Path, "rename", interrupted)
        if step < 3:
            with pytest.raises((KeyboardInterrupt, InputError)):
                put_in_place(out, lambda new: fill(new, "new"), ELSEWHERE)
        else:
            put_in_place(out, lambda new: fill(new, "new"), ELSEWHERE)
        monkeypatch.undo()
        assert is_whole(out) in ("old", "new")
        # And the next one goes through and leaves nothing behind.
        put_in_place(out, lambda new: fill(new, "newest"), ELSEWHERE)
        assert is_whole(out) == "newest"
        assert list(out.parent.iterdir()) == [out]


def test_new_panel_that_cannot_be_written_leaves_the_old_one(out: Path) -> None:
    fill(out, "old")

    def write(new: Path) -> None:
        (new / "figures.parquet").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="cannot write: No space left on device"):
        put_in_place(out, write, ELSEWHERE)
    assert is_whole(out) == "old"
    assert list(out.parent.iterdir()) == [out]


# Runs the swap in one child after another; each ends at once, without any cleaning up, one step
# later than the one before it: before or after something is done to the disk.
CRASH = """
import os, shutil, sys, tempfile
from pathlib import Path
from beachhead.data.location import ELSEWHERE, TABLES
from beachhead.files import put_in_place, standing

out = Path(sys.argv[1])

def fill(folder, content):
    for name in TABLES:
        (folder / f"{name}.parquet").write_text(content)

def run_until(stage):
    events = 0
    def tell():
        nonlocal events
        events += 1
        if events == stage:
            os._exit(9)
    def count(module, name):
        real = getattr(module, name)
        def counted(*arguments, **named):
            tell()
            done = real(*arguments, **named)
            tell()
            return done
        setattr(module, name, counted)
    for module, name in ((os, "rename"), (os, "chmod"), (shutil, "rmtree"), (tempfile, "mkdtemp")):
        count(module, name)
    put_in_place(out, lambda new: fill(new, "new"), ELSEWHERE)
    os._exit(0)

seen = []
for stage in range(1, 100):
    shutil.rmtree(out.parent)
    out.mkdir(parents=True)
    fill(out, "old")
    child = os.fork()
    if child == 0:
        run_until(stage)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    contents = {(standing(out) / f"{name}.parquet").read_text() for name in TABLES}
    assert len(contents) == 1, (stage, contents)
    seen.append(contents.pop())
    put_in_place(out, lambda new: fill(new, "newest"), ELSEWHERE)
    assert (out / "figures.parquet").read_text() == "newest"
    if status == 0:
        break
print(*seen)
"""


def test_swap_survives_a_crash_at_every_step(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, out], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = done.stdout.split()
    assert len(seen) > 10
    # First the old one, then the new one, and never back.
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {"old", "new"}
