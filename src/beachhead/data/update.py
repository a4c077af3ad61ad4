"""Refreshing the panel from the World Bank: a series whole or not at all, a panel whole or not.

Only declared series are asked for, one after the other. What the World Bank has replaces its older
figures; figures of others stay where it has none.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from beachhead.data.build import FIRST_YEAR, PACKAGED, write_table
from beachhead.data.location import ELSEWHERE, STAMP, TABLES, claim_folder, refreshed_folder
from beachhead.data.names import Names
from beachhead.data.panel import read_tables
from beachhead.data.series import BY_KEY, SERIES, Series
from beachhead.data.worldbank import (
    ADDRESS,
    PATIENCE,
    Answer,
    Patience,
    Refused,
    fetch,
    open_session,
)
from beachhead.errors import InputError, Problem
from beachhead.files import put_in_place, standing, write_atomic

# An answer with fewer economies or figures than this share of what the panel holds is not taken.
LEAST_SHARE = 0.9
# Codes that the World Bank used, or uses in some databases, for economies that have others now.
FORMER_CODES = {
    "ADO": "AND", "IMY": "IMN", "KSV": "XKX", "ROM": "ROU", "TMP": "TLS", "WBG": "PSE",
    "ZAR": "COD",
}  # fmt: skip
_OWN = r"^(derived: )?(WDI|WGI) "  # sources of figures that are the World Bank's

Level = dict[tuple[str, int], float]


@dataclass(frozen=True)
class Reach:
    """How far a series goes.

    Attributes
    ----------
    figures, economies : int
        How many of them it has.
    newest : int
        Newest year with a figure; 0 if there is none.
    usual : int
        Newest year for which at least half of these economies have a figure; 0 if there is none.
    """

    figures: int
    economies: int
    newest: int
    usual: int


@dataclass(frozen=True)
class Change:
    """What became of one series.

    Attributes
    ----------
    series : str
        Which.
    before, after : Reach
        How far it went and goes.
    new, changed, gone : int
        Figures that the panel did not have, that it had with another value, that it no longer has.
    untouched : tuple of str
        ISO3 codes of economies that the answer does not have: their figures stay as they were.
    kept : str
        Why the series stays as it was; empty if it was refreshed.
    """

    series: str
    before: Reach
    after: Reach
    new: int = 0
    changed: int = 0
    gone: int = 0
    untouched: tuple[str, ...] = ()
    kept: str = ""


@dataclass(frozen=True)
class Update:
    """What a refresh did: the folder with the panel, and every series in the panel's order."""

    folder: Path
    changes: tuple[Change, ...]


def update(
    address: str = ADDRESS,
    out: Path | None = None,
    *,
    patience: Patience = PATIENCE,
    progress: Callable[[int, int, str], None] | None = None,
) -> Update:
    """Refresh the panel from the World Bank and put it in the place of the old one.

    Parameters
    ----------
    address : str
        Base address of the interface.
    out : Path, optional
        Folder for the panel. By default what BEACHHEAD_PANEL names, else the user's data folder.
        A panel that is there is refreshed, otherwise the shipped one is the start.
    patience : Patience
        How long to wait and how often to ask again.
    progress : callable, optional
        Called with the number of indicators done, their number, and the one asked for next.

    Raises
    ------
    InputError
        If the interface cannot be reached, nothing at all can be refreshed, or the folder is no
        place for a panel. The old panel is then as it was.
    """
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        fix = f"Write it like {ADDRESS}."
        raise InputError(Problem("not the address of an interface", address, fix))
    folder = refreshed_folder() if out is None else Path(out)
    claim_folder(folder)
    there = standing(folder)
    base = there if all((there / f"{name}.parquet").is_file() for name in TABLES) else PACKAGED
    tables = read_tables(base)
    today = date.today()

    answers = _fetch_all(address, today.year, patience, progress)
    figures, changes = _merge_all(tables["figures"], tables["markets"], answers, today.year)
    if all(change.kept for change in changes):
        raise InputError(
            *(
                Problem(f"cannot refresh {', '.join(keys)}: {reason}", address)
                for reason, keys in group_kept(changes)
            ),
            Problem("nothing was refreshed", str(folder), "The panel stays as it was."),
        )
    stamp = {"day": today.isoformat(), "address": "" if address == ADDRESS else address}

    def write(new: Path) -> None:
        write_atomic(new / "figures.parquet", partial(write_table, figures))
        for name in TABLES[1:]:
            shutil.copyfile(base / f"{name}.parquet", new / f"{name}.parquet")
        (new / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")

    put_in_place(folder, write, ELSEWHERE)
    return Update(folder, tuple(changes))


def group_kept(changes: Iterable[Change]) -> list[tuple[str, list[str]]]:
    """Why series stay as they were, each reason once, with the keys of its series."""
    kept = [change for change in changes if change.kept]
    kept.sort(key=lambda change: change.kept)
    return [
        (reason, [change.series for change in group])
        for reason, group in groupby(kept, key=lambda change: change.kept)
    ]


def _is_foreign(series: Series) -> bool:
    return not series.codes and not series.growth_of


def _fetch_all(
    address: str,
    last: int,
    patience: Patience,
    progress: Callable[[int, int, str], None] | None,
) -> dict[str, Answer | Refused]:
    """Answer, or the reason why there is none, by series with codes of its own."""
    wanted = [series for series in SERIES if series.codes]
    answers: dict[str, Answer | Refused] = {}
    with open_session(patience) as session:
        for done, series in enumerate(wanted):
            if progress is not None:
                progress(done, len(wanted), series.words)
            reasons = []
            for code in series.codes:
                try:
                    # One year more, for the growth of the first one.
                    years = (FIRST_YEAR - 1, last)
                    answers[series.key] = fetch(
                        session, address, code, series.database, years, patience
                    )
                    break
                except Refused as refused:
                    reasons.append(f"{code}: {refused}")
            else:
                answers[series.key] = Refused("; ".join(reasons))
    return answers


def _merge_all(
    old: pl.DataFrame, markets: pl.DataFrame, answers: Mapping[str, Answer | Refused], last: int
) -> tuple[pl.DataFrame, list[Change]]:
    """All figures after the refresh, and what became of each series."""
    index = Names(markets.select("iso3", "iso2", "name", "spellings").iter_rows())
    parts = [old.filter(~pl.col("series").is_in(list(BY_KEY)))]
    changes: list[Change] = []
    known = dict(answers)
    for series in SERIES:
        held = old.filter(series=series.key)
        try:
            merged, untouched = _merge(series, held, known, index, last)
            changes.append(_compare(series, held, merged, untouched))
            parts.append(merged)
        except Refused as refused:
            known[series.key] = refused  # what is derived from it stays as it was too
            reach = measure(held)
            changes.append(Change(series.key, reach, reach, kept=str(refused)))
            parts.append(held)
    return pl.concat(parts).sort("series", "iso3", "year"), changes


def _merge(
    series: Series,
    held: pl.DataFrame,
    answers: Mapping[str, Answer | Refused],
    index: Names,
    last: int,
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """A series after the refresh, and economies of which the answer says nothing.

    Raises
    ------
    Refused
        If it has to stay as it was.
    """
    if _is_foreign(series):
        raise Refused(f"not the World Bank's: {series.source}")
    answer = answers[series.growth_of or series.key]
    if isinstance(answer, Refused):
        raise answer
    _check_prices(BY_KEY[series.growth_of or series.key], answer)
    values = _place(answer, index)
    source = f"{series.database} {answer.code}"
    if series.growth_of:
        values, source = _derive_growth(values), f"derived: {source} yoy"
    fresh = _to_frame(series, values, last, f"{source}, updated {answer.updated}")
    _check_reach(fresh, held)
    own = held.filter(pl.col("source").str.contains(_OWN))
    answered = fresh["iso3"].unique()
    stays = held.join(fresh, on=["iso3", "year"], how="anti").join(
        own.filter(pl.col("iso3").is_in(answered.implode())), on=["iso3", "year"], how="anti"
    )
    untouched = own.filter(~pl.col("iso3").is_in(answered.implode()))["iso3"].unique()
    return pl.concat([fresh, stays]), tuple(sorted(untouched))


def _check_prices(series: Series, answer: Answer) -> None:
    """Refuse figures in the prices of another year than the series is declared in."""
    declared = set(re.findall(r"\b20\d\d\b", series.unit))
    said = set(re.findall(r"\b20\d\d\b", answer.title))
    if declared and said and declared != said:
        raise Refused(f"{answer.code}: now {answer.title!r}, here {series.unit}")


def _place(answer: Answer, index: Names) -> Level:
    """Figures by market and year; aggregates and economies that are no market are left out."""
    called = {row.names for row in answer.rows}
    markets = {
        names: next(filter(None, (index.get(FORMER_CODES.get(n, n)) for n in names)), None)
        for names in called
    }
    values: Level = {}
    for row in answer.rows:
        iso3 = markets[row.names]
        if iso3 is None:
            continue
        if values.setdefault((iso3, row.year), row.value) != row.value:
            raise Refused(f"{answer.code}: two figures of {iso3} in {row.year}")
    return values


def _derive_growth(levels: Level) -> Level:
    """Growth on the year before, in %, where both levels are there."""
    return {
        (iso3, year): (level / before - 1) * 100
        for (iso3, year), level in levels.items()
        if (before := levels.get((iso3, year - 1), 0.0)) > 0
    }


def _to_frame(series: Series, values: Level, last: int, source: str) -> pl.DataFrame:
    return pl.DataFrame(
        [
            # Six significant digits, as everywhere in the panel.
            (series.key, iso3, year, float(f"{value:.6g}"), source.removesuffix(", updated "))
            for (iso3, year), value in sorted(values.items())
            if FIRST_YEAR <= year <= last
        ],
        schema={
            "series": pl.String, "iso3": pl.String, "year": pl.Int16, "value": pl.Float64,
            "source": pl.String,
        },
        orient="row",
    )  # fmt: skip


def measure(figures: pl.DataFrame) -> Reach:
    """How far the figures of one series go."""
    economies = figures["iso3"].n_unique()
    years = figures.group_by("year").len().sort("year")
    usual = years.filter(2 * pl.col("len") >= economies)["year"].to_list()
    newest = years["year"].to_list()
    return Reach(figures.height, economies, max(newest, default=0), max(usual, default=0))


def _check_reach(fresh: pl.DataFrame, held: pl.DataFrame) -> None:
    """Refuse an answer that goes much less far than what is held; projections do not count."""
    now = measure(fresh)
    then = measure(held.filter(~pl.col("source").str.ends_with("projection")))
    for what, have, had in (
        ("economies", now.economies, then.economies),
        ("figures", now.figures, then.figures),
    ):
        if have < LEAST_SHARE * had:
            raise Refused(f"only {have:,} {what}, the panel has {had:,}")
    if now.usual < then.usual:
        raise Refused(f"most economies end in {now.usual}, in the panel in {then.usual}")


def _compare(
    series: Series, held: pl.DataFrame, merged: pl.DataFrame, untouched: tuple[str, ...]
) -> Change:
    both = merged.join(held, on=["iso3", "year"], suffix="_before")
    return Change(
        series.key,
        measure(held),
        measure(merged),
        new=merged.height - both.height,
        changed=both.filter(pl.col("value") != pl.col("value_before")).height,
        gone=held.height - both.height,
        untouched=untouched,
    )
