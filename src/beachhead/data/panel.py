"""The panel: country-by-year figures, as far as they were published on a date."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

import polars as pl

from beachhead.data.build import PACKAGED
from beachhead.data.names import find_market, index_names
from beachhead.data.series import SERIES, find_series, newest_year
from beachhead.data.standins import Kin, stand_in
from beachhead.errors import InputError, Problem, suggest

Status = Literal["figure", "older", "fallback", "none"]
IncomeClass = Literal["low", "lower_middle", "upper_middle", "high"]

# Lower bounds of income per head, international $ of 2021 (gdp_pc_ppp_const): round figures near
# those that agree best with the World Bank's classes, which rest on national income in US$.
INCOME_CLASSES: tuple[tuple[float, IncomeClass], ...] = (
    (27_000.0, "high"),
    (10_500.0, "upper_middle"),
    (3_500.0, "lower_middle"),
    (0.0, "low"),
)


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
    status : {'figure', 'older', 'fallback', 'none'}
        As new as that of most economies; older than that; a stand-in; nothing known.
    note : str
        What the status does not say by itself: the year, or what stood in.
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
    """

    as_of: date | None
    figures: pl.DataFrame
    markets: pl.DataFrame
    pairs: pl.DataFrame
    blocs: pl.DataFrame

    def __str__(self) -> str:
        held = f"{self.markets.height} economies, {self.figures.height:,} figures"
        return f"Panel of {held}. {self.note}"

    @property
    def note(self) -> str:
        """What `as_of` does and does not mean, in one or two sentences."""
        if self.as_of is None:
            return "All figures there are, in today's revision."
        return (
            f"Only figures that count as published by {self.as_of}; they stand in today's "
            "revision, not in the vintage of that date."
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is visible, for telling whether two answers saw the same data."""
        digest = hashlib.sha256(str(self.as_of).encode())
        for frame in (self.figures, self.markets, self.pairs, self.blocs):
            digest.update(frame.write_json().encode())
        return digest.hexdigest()

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
        return find_market(name_or_code, self._names, self.markets["name"])

    def name(self, iso3: str) -> str:
        """English name of a market."""
        return self._name_of[self._check(iso3)]

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
        """Newest visible figure of a market.

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
        declared = find_series(series)
        newest = self._newest(series).get(iso3)
        if newest is not None:
            year, value, source = newest
            if year >= self.reference_year(series):
                note = "projection" if source.endswith("projection") else ""
                return Figure(iso3, series, value, year, source, "figure", note)
            note = f"figure of {year}; most economies have {self.reference_year(series)}"
            return Figure(iso3, series, value, year, source, "older", note)
        if fallback and not declared.total:
            known = {other: figure[1] for other, figure in self._newest(series).items()}
            found = stand_in(iso3, known, self._kin)
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
        """All visible figures of a market: year, value, source, oldest first."""
        self._check(iso3)
        find_series(series)
        mine = self._by_series.get(series)
        if mine is None:
            mine = self.figures.head(0)
        return mine.filter(pl.col("iso3") == iso3).select("year", "value", "source")

    def growth(self, iso3: str, series: str, years: int = 5) -> Figure:
        """Growth a year (logarithmic, 0.03 is 3 %) up to the newest visible figure.

        It spans at most `years` years; fewer where the series is shorter or has gaps, at least
        two. The note says which years.
        """
        newest = self.figure(iso3, series)
        missing = Figure(iso3, series, None, None, "", "none", "no figures to compare")
        if newest.value is None or newest.year is None or newest.value <= 0:
            return missing
        span = range(newest.year - years, newest.year - 1)
        first = next((past for past in self._pasts(series)[iso3] if past[0] in span), None)
        if first is None or first[1] <= 0:
            return missing
        start, value = first
        rate = math.log(newest.value / value) / (newest.year - start)
        note = f"{start} to {newest.year}"
        return Figure(iso3, series, rate, newest.year, newest.source, newest.status, note)

    def income_class(self, iso3: str) -> IncomeClass | None:
        """Income class from the newest visible income per head; None where there is none.

        Computed from the figures of `as_of`, since today's classes know later growth. Bounds:
        `INCOME_CLASSES`.
        """
        income = self.figure(iso3, "gdp_pc_ppp_const").value
        if income is None:
            return None
        return next(name for bound, name in INCOME_CLASSES if income >= bound)

    def reference_year(self, series: str) -> int:
        """Newest year for which most economies with any visible figure have one; 0 if none."""
        return self._references[find_series(series).key]

    @cached_property
    def _names(self) -> dict[str, str]:
        return index_names(self.markets.select("iso3", "iso2", "name", "spellings").iter_rows())

    @cached_property
    def _name_of(self) -> dict[str, str]:
        return dict(self.markets.select("iso3", "name").iter_rows())

    @cached_property
    def _kin(self) -> dict[str, Kin]:
        return {
            iso3: Kin(subregion, region, self.income_class(iso3))
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

    def _pasts(self, series: str) -> dict[str, list[tuple[int, float]]]:
        """Years and values of each market that has any, oldest first."""
        if series not in self._past_figures:
            pasts: dict[str, list[tuple[int, float]]] = {}
            mine = self._by_series.get(series, self.figures.head(0))
            for iso3, year, value in mine.select("iso3", "year", "value").iter_rows():
                pasts.setdefault(iso3, []).append((year, value))
            self._past_figures[series] = pasts
        return self._past_figures[series]

    @cached_property
    def _past_figures(self) -> dict[str, dict[str, list[tuple[int, float]]]]:
        """What `_pasts` has been asked for so far."""
        return {}

    def _newest(self, series: str) -> dict[str, tuple[int, float, str]]:
        return self._newest_figures.get(series, {})

    def _check(self, iso3: str) -> str:
        if iso3 not in self._name_of:
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
        A panel written by `build`; by default the one shipped with the package.

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
    tables = _read_tables(Path(folder) if folder is not None else PACKAGED)
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
    return Panel(as_of, figures, tables["markets"], pairs, blocs)


def _read_tables(folder: Path) -> dict[str, pl.DataFrame]:
    tables: dict[str, pl.DataFrame] = {}
    problems: list[Problem] = []
    for name in ("figures", "markets", "pairs", "blocs"):
        path = folder / f"{name}.parquet"
        try:
            tables[name] = pl.read_parquet(path)
        except FileNotFoundError:
            fix = "Write it with `beachhead data build`."
            problems.append(Problem("no such table of the panel", str(path), fix))
        except (pl.exceptions.PolarsError, OSError) as error:
            problems.append(Problem(f"not a table of the panel: {error}", str(path)))
    if problems:
        raise InputError(*problems)
    return tables


def _to_frame(figures: Iterable[Figure]) -> pl.DataFrame:
    rows = [tuple(vars(figure).values()) for figure in figures]
    return pl.DataFrame(rows, schema=_COLUMN, orient="row")
