"""What is known of each market of a case, hole by hole, before it becomes arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from beachhead.cases import Case, overlay
from beachhead.cases.presets import economics_of
from beachhead.data import Panel
from beachhead.distance import composite
from beachhead.errors import InputError, Problem
from beachhead.mechanisms import table
from beachhead.mechanisms.reach import FULL_USE
from beachhead.simulation.state import NEVER, STEP

Floats = NDArray[np.float64]

# Growth returns to the mean: the next decade's is half the last five years' and half the world's
# long-run 2 % (Pritchett and Summers 2014; the weights are judgement).
LONG_RUN_GROWTH, OWN_WEIGHT = 0.02, 0.5

# Ends of the scales on which readiness for online sales is the mean: share online, secure servers
# per million (log), logistics performance. Fixed, so that no market's value depends on another's.
READINESS = {
    "internet_users_pct": (0.0, 100.0 * FULL_USE, False),
    "secure_servers_per_million": (1.0, 1000.0, True),
    "logistics_performance_index": (2.0, 4.0, False),
}

# What is read of every market. Distances and the screening read more.
SERIES = (
    "population",
    "gdp_pc_ppp_const",
    "gdp_current_usd",
    "tariff_applied_mean_pct",
    *READINESS,
)

# Years in which the euro replaced a national currency, since 2002.
EURO_SINCE = {
    "SVN": 2007, "CYP": 2008, "MLT": 2008, "SVK": 2009, "EST": 2011, "LVA": 2014, "LTU": 2015,
    "HRV": 2023, "BGR": 2026,
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Figures of the markets of a case, axis market, home first.

    Units as in `simulation.state.Problem`; `potential` is the number of people who could use and
    afford the product today at the parameters' defaults. `notes` lists every figure that is not
    simply the newest one: (iso3, what, note).
    """

    markets: tuple[str, ...]
    names: tuple[str, ...]
    regions: tuple[str, ...]
    subregions: tuple[str, ...]
    languages: tuple[tuple[str, ...], ...]
    income_classes: tuple[str, ...]
    legal_origins: tuple[str, ...]
    home_money: tuple[bool, ...]
    people: Floats
    people_growth: Floats
    income: Floats
    income_growth: Floats
    richer: Floats
    distance: Floats
    connected: Floats
    readiness: Floats
    tariff: Floats
    freight: Floats
    closed: Floats
    rivals: Floats
    price_index: Floats
    owners_share: Floats
    potential: Floats
    units: Floats
    entered: NDArray[np.int32]
    category_age: float
    notes: tuple[tuple[str, str, str], ...]


def gather(case: Case, panel: Panel) -> Facts:
    """Facts of a resolved case's markets: home, served ones, candidates.

    The case's own figures stand in place of the panel's.
    """
    panel = overlay(case, panel)
    preset = economics_of(case)
    economics = preset.economics
    home = case.firm.home
    served = {market.market: market for market in case.firm.served}
    notes: list[tuple[str, str, str]] = []
    given: dict[tuple[str, str], float] = {
        (item.market, item.key): item.value for item in case.markets.inputs
    }
    markets = _countable(case, panel, (home, *sorted(served), *case.candidate_iso3(panel)), notes)
    figures = _Figures(case, panel, markets, notes)

    people = figures.column("population")
    purchasing = figures.column("gdp_pc_ppp_const")
    income = figures.income(people, purchasing) / (case.dollars or 1.0)
    online = figures.column("internet_users_pct")
    rows = {row["iso3"]: row for row in panel.markets.iter_rows(named=True)}
    ordered = [rows[market] for market in markets]
    money = _money(rows[home], case.as_of)
    far = composite(
        panel, home, markets, cultural=case.distance.culture, weights=case.distance.weights
    )
    for iso3, note in zip(far["iso3"], far["note"], strict=True):
        if note and iso3 != home:
            notes.append((iso3, "distance", note))
    distance = far["distance"].to_numpy().astype(float)
    distance = np.where(np.isnan(distance), np.nanmedian(distance), distance)

    def stated(key: str, default: float | Floats) -> Floats:
        usual = np.broadcast_to(default, len(markets))
        return np.array([given.get((m, key), u) for m, u in zip(markets, usual, strict=True)])

    rivals = stated("hhi", 1.0 / economics.rivals if economics.rivals else np.inf)
    shares = np.array([rival.share for rival in case.firm.rivals])
    effective = 1.0 / np.where(rivals > 0, rivals, np.inf)
    if shares.size:
        # Beside the named ones stands a fringe too scattered to count as a rival.
        effective[0] = shares.sum() ** 2 / (shares**2).sum()
    applied = figures.column("tariff_applied_mean_pct")
    # Before 2008 none had been published, of any market: not even a median can stand in.
    notes.extend(
        (market, "tariff_applied_mean_pct", "no figure of any market; none is levied")
        for market, rate in zip(markets, applied, strict=True)
        if np.isnan(rate)
    )
    levied = economics.tariff_share * np.nan_to_num(applied) / 100.0
    tariff = stated("tariff", levied)
    tariff[0] = given.get((home, "tariff"), 0.0)

    start = _years_since(case.as_of, case.firm.entered_home)
    entered = np.full(len(markets), NEVER, dtype=np.int32)
    entered[0] = -max(1, round((start if start is not None else 5.0) / STEP))
    units = np.zeros(len(markets))
    units[0] = case.firm.units
    for row, market in enumerate(markets):
        if market in served:
            age = (case.as_of - served[market].since).days / 365.25
            entered[row] = -max(1, round(age / STEP))
            units[row] = served[market].units

    return Facts(
        markets=markets,
        names=tuple(row["name"] for row in ordered),
        regions=tuple(row["region"] for row in ordered),
        subregions=tuple(row["subregion"] for row in ordered),
        languages=tuple(tuple(row["languages"] or ()) for row in ordered),
        income_classes=tuple(panel.income_class(market) or "" for market in markets),
        legal_origins=tuple(row["legal_origin"] or "" for row in ordered),
        home_money=tuple(bool(money & _money(row, case.as_of)) for row in ordered),
        people=people,
        people_growth=figures.growth("population", 0.0, 1.0),
        income=income,
        income_growth=figures.growth("gdp_pc_ppp_const", LONG_RUN_GROWTH, OWN_WEIGHT),
        richer=np.log(purchasing / purchasing[0]),
        distance=distance,
        connected=np.clip(online / 100.0, 0.0, 1.0),
        readiness=figures.readiness(),
        tariff=tariff,
        freight=_freight(panel, home, markets, economics.freight),
        closed=stated("closed_share", economics.closed),
        rivals=effective,
        price_index=stated("price_index", economics.price_index),
        owners_share=stated("owners_share", np.nan),
        potential=_potential(case, people, income, economics.entry_price),
        units=units,
        entered=entered,
        category_age=_category_age(case, preset.launch),
        notes=tuple(notes),
    )


def _countable(
    case: Case, panel: Panel, markets: Sequence[str], notes: list[tuple[str, str, str]]
) -> tuple[str, ...]:
    """Markets whose population is known. Nothing can stand in for it: the others are noted.

    Raises
    ------
    InputError
        If it is home, a served market or one that the limits demand.
    """
    unknown = [m for m in markets if panel.figure(m, "population").value is None]
    notes.extend((m, "population", "no figure: cannot be planned, left out") for m in unknown)
    limits = case.limits
    demanded = {case.firm.home, *limits.must, *limits.fixed, *limits.by}
    demanded |= {market.market for market in case.firm.served}
    problems = [
        Problem(
            f"no population is known for {m} as of {case.as_of}",
            f"case {case.name!r}",
            "Give it in markets.inputs with the key 'population', or take the market out.",
        )
        for m in unknown
        if m in demanded
    ]
    if problems:
        raise InputError(*problems)
    return tuple(m for m in markets if m not in unknown)


@dataclass(frozen=True)
class _Figures:
    """Columns of the panel for the markets of a case, noting what is old or stood in for holes.

    Own figures are not noted: the case names them itself.
    """

    case: Case
    panel: Panel
    markets: tuple[str, ...]
    notes: list[tuple[str, str, str]]

    def column(self, series: str) -> Floats:
        figures = [self.panel.figure(m, series, fallback=True) for m in self.markets]
        for figure in figures:
            if figure.note and figure.status != "own":
                self.notes.append((figure.iso3, series, figure.note))
        return np.array([np.nan if f.value is None else f.value for f in figures])

    def income(self, people: Floats, purchasing: Floats) -> Floats:
        """GDP a head at current dollars; where GDP is not known, from income at purchasing power.

        The stand-in is a straight line in logs through all markets that have both.
        """
        gdp = [self.panel.figure(m, "gdp_current_usd").value for m in self.markets]
        dollars = np.array([np.nan if g is None else g for g in gdp]) / people
        known = ~np.isnan(dollars) & ~np.isnan(purchasing)
        for row in np.flatnonzero(np.isnan(dollars)):
            self.notes.append(
                (self.markets[row], "gdp_current_usd", "no figure; from income at purchasing power")
            )
        slope, level = _dollar_line(self.panel.published)
        estimate = np.exp(level + slope * np.log(purchasing))
        return np.where(known, dollars, estimate)

    def growth(self, series: str, towards: float, weight: float) -> Floats:
        """Growth a year ahead: `weight` on the last five years', the rest on `towards`."""
        rates = []
        for market in self.markets:
            figure = self.panel.growth(market, series)
            if figure.value is None:
                self.notes.append((market, f"growth of {series}", f"no figures; {towards:.1%}"))
            own = towards if figure.value is None else figure.value
            rates.append(weight * own + (1.0 - weight) * towards)
        return np.clip(np.array(rates), -0.05, 0.08)

    def readiness(self) -> Floats:
        """Readiness for online sales in [0, 1]: mean of the scales that are known."""
        parts = []
        for series, (low, high, log) in READINESS.items():
            value = self.column(series)
            if log:
                value, low, high = np.log(np.maximum(value, 1e-9)), np.log(low), np.log(high)
            parts.append(np.clip((value - low) / (high - low), 0.0, 1.0))
        return np.asarray(np.nanmean(np.stack(parts), axis=0))


def _dollar_line(panel: Panel) -> tuple[float, float]:
    """Slope and level of ln(dollars a head) on ln(income at purchasing power), all economies.

    On the panel's own figures: what a firm knows of one market moves no other one.
    """
    rows = []
    for market in panel.codes:
        gdp = panel.figure(market, "gdp_current_usd").value
        people = panel.figure(market, "population").value
        purchasing = panel.figure(market, "gdp_pc_ppp_const").value
        if gdp and people and purchasing:
            rows.append((np.log(purchasing), np.log(gdp / people)))
    x, y = np.array(rows).T
    slope, level = np.polyfit(x, y, 1)
    return float(slope), float(level)


def _potential(case: Case, people: Floats, income: Floats, entry_price: float) -> Floats:
    """People who could use and afford the product, at the central values of the parameters."""
    from scipy.special import ndtr

    preset = economics_of(case)

    def central(name: str) -> float:
        if name in case.parameters:
            return case.parameters[name]
        return preset.parameters[name].value if name in preset.parameters else table()[name].default

    spread = central("category.income_spread")
    needed = entry_price * case.product.price / central("category.budget_share")
    able = ndtr((np.log(income / needed) - 0.5 * spread**2) / spread)
    return np.asarray(people * central("category.addressable") * able)


def _freight(panel: Panel, home: str, markets: Sequence[str], at_10000_km: float) -> Floats:
    """Freight over unit cost. Grows with distance to the power .186: the distance elasticity of
    trade, .93, over the trade elasticity, 5 (Head and Mayer 2014).
    """
    rows = panel.pairs.filter(panel.pairs["iso3"] == home)
    kilometres = dict(zip(rows["partner"], rows["people_km"], strict=True))
    far = np.array([kilometres.get(m) or np.nan for m in markets], dtype=float)
    freight = at_10000_km * (np.where(np.isnan(far), 10_000.0, far) / 10_000.0) ** 0.186
    freight[0] = 0.0
    return np.asarray(freight)


def _category_age(case: Case, launch: float) -> float:
    began = float(case.product.launch) if case.product.launch is not None else launch
    return max(0.0, case.as_of.year + (case.as_of.timetuple().tm_yday - 1) / 365.25 - began)


def _years_since(day: date, year: int | None) -> float | None:
    return None if year is None else max(0.25, day.year + day.timetuple().tm_yday / 365.25 - year)


def _money(row: dict[str, str], on: date) -> set[str]:
    """Currencies of a market on a date: today's, less the euro before it was introduced there."""
    today = set((row["currency_today"] or "").split(",")) - {""}
    return today - ({"EUR"} if on.year < EURO_SINCE.get(row["iso3"], 1999) else set())
