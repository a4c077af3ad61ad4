"""What futures add up to for a reader: by year, by market, and when money comes back.

The one place where results are summed for showing; nothing is simulated again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from beachhead.cases import Case, Schedule
from beachhead.planning import Value

YEARS_SHOWN = (1, 3, 5)
_PRESENCE = ("opening", "running", "advertising")


@dataclass(frozen=True)
class Year:
    """One calendar year of the horizon; money of the case, means over worlds unless said.

    `quarters` how many of its quarters lie in the horizon. `opening`, `running` what new and
    served markets cost to open and to run (with advertising), as positive amounts.
    `revenue_home`, `revenue_abroad` sales. `cash_low`, `cash_middle`, `cash_high` the 5 %, 50 %
    and 95 % points of cash at the year's end. `teams_used`, `teams_available` launch teams in the
    quarter in which fewest were left. `markets` foreign markets at the year's end.
    """

    year: str
    quarters: int
    opening: float
    running: float
    revenue_home: float
    revenue_abroad: float
    cash_low: float
    cash_middle: float
    cash_high: float
    teams_used: float
    teams_available: float
    markets: float


@dataclass(frozen=True)
class MarketYear:
    """A market in one year after its entry, means over worlds.

    `units` sold in that year, `share` of all units of the category sold there, `cost` of opening,
    running and advertising in that year (the first includes what was paid before entry).
    """

    year: int
    units: float
    share: float
    cost: float


@dataclass(frozen=True)
class Launch:
    """An entry, when work on it starts, and its first years (those within the horizon).

    `start` and `enter` are labels of quarters, `quarter` the number of the latter.
    """

    iso3: str
    name: str
    mode: str
    localisation: float
    start: str
    enter: str
    quarter: int
    years: tuple[MarketYear, ...]


@dataclass(frozen=True)
class Summary:
    """Everything that a printed or drawn answer says beyond the plan itself.

    Attributes
    ----------
    mean, low, middle, high : float
        Discounted money: mean, 5 %, 50 % and 95 % points over worlds.
    beyond : float or None
        Share of the mean that lies after the horizon (terminal value); None where the mean is
        not positive.
    ruin : float
        Share of worlds in which cash falls below the floor.
    low_cash, low_cash_quarter : float, str
        The lowest 5 % point of cash, and when.
    peak_funding, peak_quarter : float, str
        Most money that the markets newly entered have tied up, mean over worlds, and when.
    break_even : str or None
        Quarter in which those markets have brought back what was put into them, mean over
        worlds; None if not within the horizon.
    payback : float or None
        Years from the first money spent on them until then.
    quarters : tuple of str
        Labels of the horizon.
    years : tuple of Year
    launches : tuple of Launch
        In order of entry.
    now, later : tuple of Launch
        Those on which work begins within a year, and the others in the order in which their work
        begins.
    """

    mean: float
    low: float
    middle: float
    high: float
    beyond: float | None
    ruin: float
    low_cash: float
    low_cash_quarter: str
    peak_funding: float
    peak_quarter: str
    break_even: str | None
    payback: float | None
    quarters: tuple[str, ...]
    years: tuple[Year, ...]
    launches: tuple[Launch, ...]
    now: tuple[Launch, ...]
    later: tuple[Launch, ...]


def summarise(case: Case, schedule: Schedule, futures: xr.Dataset) -> Summary:
    """Sum futures up by year and by market.

    Parameters
    ----------
    case : Case
        Resolved: its home is an ISO3 code.
    schedule : Schedule
        Who is entered, when and how.
    futures : xarray.Dataset
        What `simulate` returned for this schedule.
    """
    totals = futures["value"].sum("market").values
    low, middle, high = _points(totals)
    mean = float(totals.mean())
    beyond = float(futures["terminal"].sum("market").mean()) / mean if mean > 0 else None
    labels = [str(label) for label in futures["quarter"].values]
    cash = futures["cash"].transpose("world", "quarter").values
    lowest = np.quantile(cash, 0.05, axis=0)
    peak_funding, peak, back, payback = _find_payback(futures)
    launches = _list_launches(schedule, futures, labels)
    by_start = sorted(launches, key=lambda launch: (launch.start, launch.quarter, launch.iso3))
    return Summary(
        mean=mean,
        low=low,
        middle=middle,
        high=high,
        beyond=beyond,
        ruin=float((cash.min(axis=1) < case.limits.cash_floor).mean()),
        low_cash=float(lowest.min()),
        low_cash_quarter=labels[int(lowest.argmin())],
        peak_funding=peak_funding,
        peak_quarter=labels[peak],
        break_even=None if back is None else labels[back],
        payback=payback,
        quarters=tuple(labels),
        years=_sum_years(case, futures, labels),
        launches=launches,
        now=tuple(launch for launch in launches if launch.start in labels[:4]),
        later=tuple(launch for launch in by_start if launch.start not in labels[:4]),
    )


def weigh(case: Case, value: Value) -> float:
    """The objective J of a value: its mean, weighed against its bad tail."""
    return (1 - case.risk.aversion) * value.mean + case.risk.aversion * value.cvar


def _points(values: NDArray[np.floating]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def value_so_far(case: Case, futures: xr.Dataset) -> xr.DataArray:
    """Discounted money that the firm has brought by each quarter, axes (world, quarter).

    On the last day it is the value less what lies after the horizon.
    """
    cash = futures["cash"].transpose("world", "quarter")
    flow = np.diff(cash.values, axis=1, prepend=case.limits.capital)
    factor = (1.0 + case.risk.discount) ** (-np.arange(flow.shape[1]) / 4.0)
    return cash.copy(data=np.cumsum(flow * factor, axis=1))


def balance_of_new(futures: xr.Dataset) -> NDArray[np.floating]:
    """What the markets newly entered have brought so far, mean over worlds, axis quarter."""
    new = futures["enter"] >= 0
    return np.cumsum(futures["ledger"].where(new, 0.0).sum(("line", "market")).values)


def _find_payback(futures: xr.Dataset) -> tuple[float, int, int | None, float | None]:
    """Peak funding of the markets newly entered, its quarter, and when the money is back."""
    balance = balance_of_new(futures)
    flow = np.diff(balance, prepend=0.0)
    peak = int(balance.argmin())
    if balance[peak] >= 0:
        return 0.0, 0, None, None
    first = int(np.flatnonzero(flow)[0])
    later = np.flatnonzero(balance[peak:] >= 0)
    if not later.size:
        return -float(balance[peak]), peak, None, None
    back = peak + int(later[0])
    return -float(balance[peak]), peak, back, (back - first + 1) / 4


def _sum_years(case: Case, futures: xr.Dataset, labels: list[str]) -> tuple[Year, ...]:
    abroad = futures["market"] != case.firm.home
    spent = -futures["ledger"].where(abroad, 0.0).sum("market")
    opening = spent.sel(line="opening").values
    running = spent.sel(line=["running", "advertising"]).sum("line").values
    home = futures["revenue_home"].mean("world").values
    foreign = futures["revenue_abroad"].mean("world").values
    cash = futures["cash"].transpose("world", "quarter").values
    markets = futures["markets"].mean("world").values
    used = futures["people"].values
    available = futures["teams_available"].values
    years = []
    for year in dict.fromkeys(label[:4] for label in labels):
        of_year = np.array([t for t, label in enumerate(labels) if label.startswith(year)])
        last = of_year[-1]
        tightest = of_year[int((available - used)[of_year].argmin())]
        points = _points(cash[:, last])
        years.append(
            Year(
                year,
                len(of_year),
                float(opening[of_year].sum()),
                float(running[of_year].sum()),
                float(home[of_year].sum()),
                float(foreign[of_year].sum()),
                *points,
                float(used[tightest]),
                float(available[tightest]),
                float(markets[last]),
            )
        )
    return tuple(years)


def _list_launches(
    schedule: Schedule, futures: xr.Dataset, labels: list[str]
) -> tuple[Launch, ...]:
    launches = []
    for entry in schedule.entries:
        market = futures.sel(market=entry.iso3)
        paid = np.flatnonzero(market["ledger"].sel(line="opening").values)
        start = min(entry.quarter, int(paid[0])) if paid.size else entry.quarter
        launches.append(
            Launch(
                entry.iso3,
                str(market["name"].values),
                entry.mode,
                entry.localisation,
                labels[start],
                labels[entry.quarter],
                entry.quarter,
                _follow(entry.quarter, market),
            )
        )
    return tuple(launches)


def _follow(enter: int, market: xr.Dataset) -> tuple[MarketYear, ...]:
    """The years of `YEARS_SHOWN` after entry that end within the horizon."""
    units, category = market["units"].values, market["category"].values
    spent = -market["ledger"].sel(line=list(_PRESENCE)).sum("line").values
    years = []
    for year in YEARS_SHOWN:
        begin, end = enter + 4 * (year - 1), enter + 4 * year
        if end > len(units):
            break
        sold = float(units[begin:end].sum())
        of_all = float(category[begin:end].sum())
        cost = float(spent[0 if year == 1 else begin : end].sum())
        years.append(MarketYear(year, sold, sold / of_all if of_all > 0 else 0.0, cost))
    return tuple(years)
