"""Results as tables of numbers, for the workbook and for whoever goes on reckoning in Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl
import xarray as xr

from beachhead.cases import Schedule
from beachhead.planning import Plan
from beachhead.planning.grounds import Why
from beachhead.planning.prices import Prices
from beachhead.planning.sensitivity import Sensitivity
from beachhead.reporting.summary import Summary
from beachhead.screening import Ranking

if TYPE_CHECKING:
    import pandas as pd

    from beachhead.reporting.run import Run

type Result = Plan | Schedule | Ranking | Why | Sensitivity | Prices | "Run" | xr.Dataset
PLAIN = (str, int, float, bool, type(None))


@overload
def tabulate(result: Result, library: Literal["polars"] = "polars") -> pl.DataFrame: ...
@overload
def tabulate(result: Result, library: Literal["pandas"]) -> pd.DataFrame: ...
def tabulate(
    result: Result, library: Literal["polars", "pandas"] = "polars"
) -> pl.DataFrame | pd.DataFrame:
    """A result as one table, a row for each thing in it.

    Parameters
    ----------
    result : Plan, Schedule, Ranking, Why, Sensitivity, Prices, Run or Dataset
        Of a plan or a schedule its entries (`quarter` counts from 0, the first of the case); of a
        ranking the candidates; of `explain_plan` what each market brings; of a sensitivity the
        parameters; of prices the limits; of futures, and of a run, money and people by quarter,
        means over worlds, in the currency of the case.
    library : 'polars' or 'pandas'
        Whose table to give.

    Raises
    ------
    TypeError
        If the result is none of those.
    """
    table = _tabulate(result)
    if library == "polars":
        return table
    import pandas as pd

    return pd.DataFrame(table.to_dict(as_series=False))


def _tabulate(result: Any) -> pl.DataFrame:
    if isinstance(result, xr.Dataset):
        return list_quarters(result)
    if isinstance(result, Ranking):
        return result.table
    if isinstance(result, Plan):
        return list_entries(result.schedule)
    if isinstance(result, Schedule):
        return list_entries(result)
    if isinstance(result, Why):
        return list_rows(result.worths)
    if isinstance(result, Sensitivity):
        return list_rows(result.swings, flat=("low", "high"))
    if isinstance(result, Prices):
        return list_rows(result.prices)
    if isinstance(futures := getattr(result, "futures", None), xr.Dataset):
        return list_quarters(futures)
    raise TypeError(f"no table of a {type(result).__name__}")


def list_entries(schedule: Schedule) -> pl.DataFrame:
    """Entries of a schedule, in its order."""
    kinds = {"iso3": pl.String, "quarter": pl.Int64, "mode": pl.String, "localisation": pl.Float64}
    return pl.DataFrame([entry.model_dump() for entry in schedule.entries], kinds)


def list_quarters(futures: xr.Dataset) -> pl.DataFrame:
    """Money, people and markets by quarter: means over worlds, and points of cash.

    Every line of the ledger of the whole firm stands in a column of its own; costs are negative,
    and `flow` is their sum, the change in `cash`.
    """
    cash = futures["cash"].transpose("world", "quarter").values
    ledger = futures["ledger"].sum("market")
    low, middle, high = np.quantile(cash, (0.05, 0.5, 0.95), axis=0)
    lines = {str(line): ledger.sel(line=line).values for line in futures["line"].values}
    home = futures["revenue_home"].mean("world").values
    abroad = futures["revenue_abroad"].mean("world").values
    return pl.DataFrame(
        {
            "quarter": [str(label) for label in futures["quarter"].values],
            "revenue_home": home,
            "revenue_abroad": abroad,
            "revenue": home + abroad,
            **lines,
            "flow": ledger.sum("line").values,
            "cash": cash.mean(axis=0),
            "cash_p05": low,
            "cash_p50": middle,
            "cash_p95": high,
            "markets": futures["markets"].mean("world").values,
            "teams_at_work": futures["people"].values,
            "teams": futures["teams_available"].values,
        }
    )


def list_by_market(futures: xr.Dataset, what: Literal["units", "flow"]) -> pl.DataFrame:
    """Units sold, or money brought, by quarter, a column a market; means over worlds."""
    values = futures["units"] if what == "units" else futures["ledger"].sum("line")
    values = values.transpose("quarter", "market")
    return pl.DataFrame(
        {
            "quarter": [str(label) for label in futures["quarter"].values],
            **{str(iso3): values.sel(market=iso3).values for iso3 in futures["market"].values},
        }
    )


def list_lines(futures: xr.Dataset) -> pl.DataFrame:
    """What each market costs and brings over the horizon, a column a line of the ledger."""
    ledger = futures["ledger"].sum("quarter")
    return pl.DataFrame(
        {
            "iso3": [str(iso3) for iso3 in futures["market"].values],
            "market": [str(name) for name in futures["name"].values],
            **{str(line): ledger.sel(line=line).values for line in futures["line"].values},
            "flow": ledger.sum("line").values,
        }
    )


def list_launches(summary: Summary, futures: xr.Dataset, why: Mapping[str, str]) -> pl.DataFrame:
    """Who is entered when and how, what it brings, what opening costs, and why; money as means."""
    values = futures["value"].mean("world")
    opening = -futures["ledger"].sel(line="opening").sum("quarter")
    return pl.DataFrame(
        [
            {
                "iso3": launch.iso3,
                "market": launch.name,
                "work_begins": launch.start,
                "entered": launch.enter,
                "mode": launch.mode,
                "localisation": launch.localisation,
                "value": float(values.sel(market=launch.iso3)),
                "opening": float(opening.sel(market=launch.iso3)),
                "why": why.get(launch.iso3, ""),
            }
            for launch in summary.launches
        ]
    )


def list_rows(rows: Sequence[Any], flat: Sequence[str] = ()) -> pl.DataFrame:
    """The plain fields of some dataclasses, and those of the fields `flat` under their names."""
    made: list[dict[str, Any]] = []
    for row in rows:
        cells = _plain(row)
        for name in flat:
            cells |= {f"{name}_{key}": cell for key, cell in _plain(getattr(row, name)).items()}
        made.append(cells)
    return pl.DataFrame(made, infer_schema_length=None)


def _plain(row: Any) -> dict[str, Any]:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    return {name: value for name, value in values.items() if isinstance(value, PLAIN)}
