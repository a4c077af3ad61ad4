"""The panel: country-by-year figures, as far as they were published on a date."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from beachhead.data.location import TABLES, describe_origin, find_folder
from beachhead.data.names import Names
from beachhead.data.series import BY_KEY, SERIES, Series, find_series, newest_year
from beachhead.data.standins import Kin, stand_in
from beachhead.errors import InputError, Problem, suggest
from beachhead.files import standing

Status = Literal["figure", "older", "own", "fallback", "none"]
IncomeClass = Literal["low", "lower_middle", "upper_middle", "high"]

# Lower bounds of income per head, international $ of 2021 (gdp_pc_ppp_const): round figures near
# those that agree best with the World Bank's classes, which rest on national income in US$.
INCOME_CLASSES: tuple[tuple[float, IncomeClass], ...] = (
    (27_000.0, "high"),
    (10_500.0, "upper_middle"),
    (3_500.0, "lower_middle"),
    (0.0, "low"),
)
_AGAIN = "Write the panel with `beachhead data build`, or delete the folder of a refreshed one."


@dataclass(frozen=True)
class Figure:
    """One figure and what stands behind it.

    Attributes
    ----------
    iso3, series : str
        Market and series.
    value : float or None
        In the unit of the series; None if nothing is known.
    year : int or None
        Year of the figure; None for a stand-in.
    source : str
        Where it comes from.
    status : {'figure', 'older', 'own', 'fallback', 'none'}
        As new as that of most economies; older than that; the user's own; a stand-in; nothing
        known.
    note : str
        What the status does not say by itself: the year, what stood in, or what an own figure
        stands in place of.
    """

    iso3: str
    series: str
    value: float | None
    year: int | None
    source: str
    status: Status
    note: str


_COLUMN = {
    "iso3": pl.String,
    "series": pl.String,
    "value": pl.Float64,
    "year": pl.Int16,
    "source": pl.String,
    "status": pl.String,
    "note": pl.String,
}

OWN = {
    "series": pl.String,
    "iso3": pl.String,
    "date": pl.Date,
    "value": pl.Float64,
    "basis": pl.String,
    "source": pl.String,
}


@dataclass(frozen=True, eq=False)
class Panel:
    """Figures, markets, pairs and bloc memberships, as far as published on `as_of`.

    Attributes
    ----------
    as_of : date or None
        Nothing published later is in the frames; None for all there is.
    figures : polars.DataFrame
        series, iso3, year, value, source.
    markets : polars.DataFrame
        One row per economy: codes, names, region, languages, place, legal origin.
    pairs : polars.DataFrame
        iso3, partner (both ways), capital_km, people_km, contiguous, common_ethno_language,
        colonial_tie, common_colonizer, source.
    blocs : polars.DataFrame
        bloc, iso3, start, end: a member from `start` until the day before `end`.
    origin : str
        Which panel it is: as shipped, or when it was refreshed; empty for one built elsewhere.
    columns : tuple of Series
        Columns of the user's own, beside the panel's series.
    own : polars.DataFrame
        The user's own figures: series, iso3, date, value, basis, source. See `with_own`.
    """

    as_of: date | None
    figures: pl.DataFrame
    markets: pl.DataFrame
    pairs: pl.DataFrame
    blocs: pl.DataFrame
    origin: str = ""
    columns: tuple[Series, ...] = ()
    own: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OWN))

    def __str__(self) -> str:
        held = f"{self.markets.height} economies, {self.figures.height:,} figures"
        return f"Panel of {held}. {self.note}"

    @property
    def note(self) -> str:
        """What `as_of` means, which panel it is, and whether own figures are there."""
        seen = "All figures there are, in today's revision."
        if self.as_of is not None:
            seen = (
                f"Only figures that count as published by {self.as_of}; they stand in today's "
                "revision, not in the vintage of that date."
            )
        origin = f" Figures {self.origin}." if self.origin else ""
        many = self.own.height
        own = f" With {many:,} figure{'s' if many > 1 else ''} of your own." if many else ""
        return f"{seen}{origin}{own}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is visible, for telling whether two answers saw the same data."""
        digest = hashlib.sha256(str(self.as_of).encode())
        for frame in (self.figures, self.markets, self.pairs, self.blocs):
            digest.update(frame.write_json().encode())
        if self.columns or self.own.height:
            digest.update(f"{self.columns}{self.own.write_json()}".encode())
        return digest.hexdigest()

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """The panel's series and the user's own columns."""
        return (*SERIES, *self.columns)

    def find_series(self, key: str) -> Series:
        """Declaration of a series or own column.

        Raises
        ------
        InputError
            If there is none of this key; near names are suggested.
        """
        return find_series(key, self._declared)

    def with_own(self, columns: Sequence[Series], rows: Iterable[tuple[Any, ...]]) -> Panel:
        """The same panel with own columns and figures of the user's.

        A figure of a series takes the place of the panel's of that market, whichever is newer; of
        several, the newest counts. Nothing of any other market changes: own figures are nobody
        else's stand-in and say nothing of what is old. Own columns have no stand-ins, since a
        column may be a total. What the panel has already is kept; a figure given again replaces
        the first.

        Parameters
        ----------
        columns : sequence of Series
            Declarations of own columns.
        rows : iterable of tuple
            series, iso3, date, value, basis, source.

        Raises
        ------
        InputError
            With every column that has the key of a series, and every figure of a series or market
            that is not known.
        """
        problems = [
            Problem(f"an own column has the key of the series {column.key!r}")
            for column in columns
            if column.key in BY_KEY
        ]
        both = {column.key: column for column in (*self.columns, *columns)}
        panel = self._having(tuple(both.values()), self.own)
        given = pl.DataFrame(list(rows), schema=OWN, orient="row")
        for series, iso3 in given.select("series", "iso3").unique(maintain_order=True).iter_rows():
            try:
                panel.find_series(series)
                panel._check(iso3)
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(*problems)
        keys = ["series", "iso3", "date"]
        own = pl.concat([self.own, given]).unique(keys, keep="last").sort(keys)
        if own.equals(self.own) and panel.columns == self.columns:
            return self
        return self._having(panel.columns, own)

    def _having(self, columns: tuple[Series, ...], own: pl.DataFrame) -> Panel:
        """The same panel with these of the user's; what hangs on neither is not read again."""
        panel = replace(self, columns=columns, own=own)
        for name in ("names", "_names", "_by_series", "_newest_figures", "_references", "_read"):
            panel.__dict__[name] = getattr(self, name)
        return panel

    @cached_property
    def published(self) -> Panel:
        """The panel without the user's own columns and figures."""
        if not self.columns and self.own.is_empty():
            return self
        return self._having((), self.own.head(0))

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """ISO3 codes of all markets, sorted."""
        return tuple(self.markets["iso3"])

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Region keys, sorted."""
        return tuple(sorted(self.markets["region"].unique()))

    @cached_property
    def subregions(self) -> tuple[str, ...]:
        """Names of the United Nations' subregions, sorted."""
        return tuple(sorted(self.markets["subregion"].unique()))

    @cached_property
    def bloc_names(self) -> tuple[str, ...]:
        """Blocs whose dated history is held, sorted."""
        return tuple(sorted(self.blocs["bloc"].unique()))

    def find(self, name_or_code: str) -> str:
        """ISO3 code of the market with this ISO2 or ISO3 code, name or common spelling.

        Raises
        ------
        InputError
            If there is no such market; near names are suggested.
        """
        return self._names.find(name_or_code)

    def name(self, iso3: str) -> str:
        """English name of a market."""
        return self.names[self._check(iso3)]

    def within(self, region: str) -> list[str]:
        """ISO3 codes of the markets of a region key or a subregion, sorted.

        Raises
        ------
        InputError
            If there is no such region or subregion.
        """
        inside = self.markets.filter((pl.col("region") == region) | (pl.col("subregion") == region))
        if inside.is_empty():
            known = (*self.regions, *self.subregions)
            hint = suggest(region, known) or f"Known are {', '.join(known)}."
            raise InputError(Problem(f"no region {region!r}", "", hint))
        return inside["iso3"].to_list()

    def members(self, bloc: str, on: date) -> list[str]:
        """ISO3 codes of the members of a bloc on a day, sorted.

        Raises
        ------
        InputError
            If no dated history of such a bloc is held, or none that began by `as_of`.
        """
        if bloc not in self.bloc_names:
            hint = suggest(bloc, self.bloc_names) or f"Known are {', '.join(self.bloc_names)}."
            by = f" by {self.as_of}" if self.as_of else ""
            raise InputError(Problem(f"no dated history of a bloc {bloc!r}{by}", "", hint))
        inside = (pl.col("start") <= on) & (pl.col("end").is_null() | (pl.col("end") > on))
        chosen = self.blocs.filter((pl.col("bloc") == bloc) & inside)
        return sorted(chosen["iso3"].unique())

    def figure(self, iso3: str, series: str, *, fallback: bool = False) -> Figure:
        """Newest visible figure of a market, or the user's own in its place.

        Parameters
        ----------
        iso3, series : str
            Market and series.
        fallback : bool
            Whether the median of similar markets may stand in where there is no figure. It is
            then marked 'fallback', with a note of what it is. Totals, such as population, have
            no stand-in.

        Raises
        ------
        InputError
            If there is no such market or series.
        """
        self._check(iso3)
        declared = self.find_series(series)
        newest = self._newest(series).get(iso3)
        if mine := self._own.get((series, iso3)):
            day, value, basis, source = mine[-1]
            note = f"own figure of {day} ({basis})"
            if newest is not None:
                note += f", in place of {newest[1]:,.6g} of {newest[0]} ({newest[2]})"
            return Figure(iso3, series, value, day.year, source, "own", note)
        if newest is not None:
            year, value, source = newest
            if year >= self.reference_year(series):
                note = "projection" if source.endswith("projection") else ""
                return Figure(iso3, series, value, year, source, "figure", note)
            note = f"figure of {year}; most economies have {self.reference_year(series)}"
            return Figure(iso3, series, value, year, source, "older", note)
        if fallback and not declared.total:
            known = {other: figure[1] for other, figure in self._newest(series).items()}
            me = self._kin[iso3]._replace(income_class=self.income_class(iso3))
            found = stand_in(iso3, known, {**self._kin, iso3: me})
            if found is not None:
                value, words = found
                note = f"no figure; {words}"
                return Figure(iso3, series, value, None, declared.source, "fallback", note)
        return Figure(iso3, series, None, None, "", "none", "no figure")

    def column(
        self, series: str, markets: Sequence[str], *, fallback: bool = False
    ) -> pl.DataFrame:
        """Newest visible figures of several markets, in the order asked for.

        Returns
        -------
        polars.DataFrame
            One row per market with the fields of `Figure` as columns.
        """
        return _to_frame(self.figure(iso3, series, fallback=fallback) for iso3 in markets)

    def history(self, iso3: str, series: str) -> pl.DataFrame:
        """All visible figures of a market: year, value, source, oldest first.

        Own figures stand in place of the panel's of the same year, and the newest of a year for
        the others of that year.
        """
        rows = self._years(iso3, series) | self._own_years(iso3, series)
        columns = {name: _COLUMN[name] for name in ("year", "value", "source")}
        return pl.DataFrame([(year, *rows[year]) for year in sorted(rows)], columns, orient="row")

    def growth(self, iso3: str, series: str, years: int = 5) -> Figure:
        """Growth a year (logarithmic, 0.03 is 3 %) up to the newest visible figure.

        It spans at most `years` years; fewer where the series is shorter or has gaps, at least
        two. The note says which years. Own figures are compared with own figures only, and the
        panel's with the panel's, since the step from one source to another is no growth: unless
        the own ones span two years themselves, growth is the panel's.
        """
        if grown := _grow(self._own_years(iso3, series), years):
            rate, year, source, note = grown
            return Figure(iso3, series, rate, year, source, "own", f"{note}, own figures")
        if grown := _grow(self._years(iso3, series), years):
            rate, year, source, note = grown
            status: Status = "figure" if year >= self.reference_year(series) else "older"
            return Figure(iso3, series, rate, year, source, status, note)
        return Figure(iso3, series, None, None, "", "none", "no figures to compare")

    def income_class(self, iso3: str) -> IncomeClass | None:
        """Income class from the newest visible income per head; None where there is none.

        Computed from the figures of `as_of`, since today's classes know later growth. Bounds:
        `INCOME_CLASSES`.
        """
        return _classify(self.figure(iso3, "gdp_pc_ppp_const").value)

    def reference_year(self, series: str) -> int:
        """Newest year for which most economies with any visible figure have one; 0 if none.

        Own figures do not count.
        """
        return self._references.get(self.find_series(series).key, 0)

    @cached_property
    def _names(self) -> Names:
        return Names(self.markets.select("iso3", "iso2", "name", "spellings").iter_rows())

    @cached_property
    def names(self) -> dict[str, str]:
        """ISO3 codes to names of markets."""
        return dict(self.markets.select("iso3", "name").iter_rows())

    @cached_property
    def _declared(self) -> dict[str, Series]:
        return {series.key: series for series in self.series}

    @cached_property
    def _own(self) -> dict[tuple[str, str], list[tuple[date, float, str, str]]]:
        """Own figures of a series and market: day, value, basis and source, oldest first."""
        found: dict[tuple[str, str], list[tuple[date, float, str, str]]] = {}
        for series, iso3, *figure in self.own.sort("date", maintain_order=True).iter_rows():
            found.setdefault((series, iso3), []).append(tuple(figure))
        return found

    def _own_years(self, iso3: str, series: str) -> dict[int, tuple[float, str]]:
        mine = self._own.get((series, iso3), ())
        return {day.year: (value, source) for day, value, _, source in mine}

    def _years(self, iso3: str, series: str) -> dict[int, tuple[float, str]]:
        """The panel's figures by year: value and source."""
        self._check(iso3)
        self.find_series(series)
        if series not in self._read:
            markets: dict[str, dict[int, tuple[float, str]]] = {}
            frame = self._by_series.get(series, self.figures.head(0))
            for market, *figure in frame.select("iso3", "year", "value", "source").iter_rows():
                year, value, source = figure
                markets.setdefault(market, {})[year] = (value, source)
            self._read[series] = markets
        return self._read[series].get(iso3, {})

    @cached_property
    def _read(self) -> dict[str, dict[str, dict[int, tuple[float, str]]]]:
        """What `_years` has read so far: series, market, year."""
        return {}

    @cached_property
    def _kin(self) -> dict[str, Kin]:
        """Kinship by the panel's own figures, so that no own figure moves another market."""
        newest = self._newest("gdp_pc_ppp_const")
        incomes = {iso3: value for iso3, (_, value, _) in newest.items()}
        return {
            iso3: Kin(subregion, region, _classify(incomes.get(iso3)))
            for iso3, subregion, region in self.markets.select(
                "iso3", "subregion", "region"
            ).iter_rows()
        }

    @cached_property
    def _by_series(self) -> dict[str, pl.DataFrame]:
        parts = self.figures.partition_by("series", as_dict=True)
        return {str(key[0]): part for key, part in parts.items()}

    @cached_property
    def _newest_figures(self) -> dict[str, dict[str, tuple[int, float, str]]]:
        newest: dict[str, dict[str, tuple[int, float, str]]] = {}
        last = self.figures.group_by("series", "iso3", maintain_order=True).last()
        for series, iso3, year, value, source in last.iter_rows():
            newest.setdefault(series, {})[iso3] = (year, value, source)
        return newest

    @cached_property
    def _references(self) -> dict[str, int]:
        years = self.figures.group_by("series", "year").len().sort("year")
        references = {series.key: 0 for series in SERIES}
        for series, year, count in years.iter_rows():
            if 2 * count >= len(self._newest(series)):
                references[series] = year
        return references

    def _newest(self, series: str) -> dict[str, tuple[int, float, str]]:
        return self._newest_figures.get(series, {})

    def _check(self, iso3: str) -> str:
        if iso3 not in self.names:
            raise InputError(Problem(f"no market {iso3!r}", "", suggest(iso3, self.codes)))
        return iso3


def load_panel(as_of: date | str | None = None, folder: Path | None = None) -> Panel:
    """Read the panel as far as it was published on a date.

    Parameters
    ----------
    as_of : date, str (YYYY-MM-DD) or None
        A figure is visible if its year's end plus the lag of its series is not after this day; a
        bloc membership if it had begun. None shows all.
    folder : Path, optional
        A panel written by `build` or `update`. By default the one that the environment variable
        BEACHHEAD_PANEL names; else the refreshed one of this user, if there is one; else the one
        shipped with the package.

    Raises
    ------
    InputError
        If the date cannot be read or a table is not there.
    """
    if isinstance(as_of, str):
        try:
            as_of = date.fromisoformat(as_of)
        except ValueError:
            problem = Problem(f"as_of is {as_of!r}", "", "Write a day as YYYY-MM-DD.")
            raise InputError(problem) from None
    folder = find_folder() if folder is None else standing(folder)
    tables = read_tables(folder)
    figures, blocs = tables["figures"], tables["blocs"]
    if as_of is not None:
        visible = pl.DataFrame(
            [(series.key, newest_year(series, as_of)) for series in SERIES],
            schema={"series": pl.String, "visible": pl.Int16},
            orient="row",
        )
        figures = (
            figures.join(visible, on="series", how="inner", maintain_order="left")
            .filter(pl.col("year") <= pl.col("visible"))
            .drop("visible")
        )
        ended = pl.when(pl.col("end") <= as_of).then("end")
        blocs = blocs.filter(pl.col("start") <= as_of).with_columns(ended.alias("end"))
    half = tables["pairs"].rename({"iso3_a": "iso3", "iso3_b": "partner"})
    other = half.rename({"iso3": "partner", "partner": "iso3"}).select(half.columns)
    pairs = pl.concat([half, other]).sort("iso3", "partner")
    return Panel(as_of, figures, tables["markets"], pairs, blocs, describe_origin(folder))


def read_tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a panel as they were written, by name.

    Raises
    ------
    InputError
        For every table that is not there or cannot be read.
    """
    tables: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    for name in TABLES:
        path = folder / f"{name}.parquet"
        try:
            tables[name] = pl.read_parquet(path)
        except FileNotFoundError:
            problems.append(Problem("no such table of the panel", str(path), _AGAIN))
        except (pl.exceptions.PolarsError, OSError) as error:
            problems.append(Problem(f"not a table of the panel: {error}", str(path), _AGAIN))
    if problems:
        raise InputError(*problems)
    return tables


def _classify(income: float | None) -> IncomeClass | None:
    if income is None:
        return None
    return next(name for bound, name in INCOME_CLASSES if income >= bound)


def _grow(rows: dict[int, tuple[float, str]], years: int) -> tuple[float, int, str, str] | None:
    """Yearly growth up to the newest of some figures, its year and source, and over which years."""
    newest = max(rows, default=0)
    start = min((year for year in rows if newest - years <= year <= newest - 2), default=None)
    if start is None or rows[start][0] <= 0 or rows[newest][0] <= 0:
        return None
    rate = math.log(rows[newest][0] / rows[start][0]) / (newest - start)
    return rate, newest, rows[newest][1], f"{start} to {newest}"


def _to_frame(figures: Iterable[Figure]) -> pl.DataFrame:
    rows = [tuple(vars(figure).values()) for figure in figures]
    return pl.DataFrame(rows, schema=_COLUMN, orient="row")
