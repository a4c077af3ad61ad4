"""Writes docs/proof/brands.md: E2 and E6 against the shares of one brand that rose and fell.

`python studies/brands.py` reads ../shared/data (BEACHHEAD_SHARED names another folder) and takes
some minutes. The tables stay where they are; the page holds what they teach.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import altair as alt
import jax.numpy as jnp
import numpy as np
import polars as pl
import vl_convert
from brands_page import METHODS, page
from numpy.typing import NDArray

from beachhead.evidence import brands
from beachhead.evidence.brands import Fit, Shares
from beachhead.files import write_atomic

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
PROOF = ROOT / "docs" / "proof"
INPUTS = (
    "statcounter_vendor_share.csv.gz",
    "india_phonepe_brand_share.csv.gz",
    "smartphones.csv",
    "xiaomi_facts.csv",
)
BRAND = "Xiaomi"
# Those that rose after the brand began: chosen knowing who did. All others are the field.
NAMED = ("Huawei", "Oppo", "Vivo", "BBK", "Realme", "OnePlus")
NO_NAMES = ("Unknown", "Others")  # no rivals of their own in the effective number
AHEAD = (1, 4, 8)
DAMPING = 0.85  # a quarter, of the mean change over the last four; fixed before any comparison
ROOM = 52  # quarters of every array, so that one compilation serves all
DRAWS, SEED = 400, 1
STATE_ORIGINS = (6, 8, 10, 12)

Floats = NDArray[np.float64]


class Market(NamedTuple):
    """Shares of the brand and its rivals' attraction; axes (market, quarter)."""

    name: str
    labels: list[str]
    own: Floats
    rivals: Floats
    markets: list[str]


def read_statcounter(iso3: str, name: str, end: str) -> Market:
    """Quarterly means of StatCounter's monthly shares, from the first quarter with the brand."""
    months = pl.read_csv(DATA / INPUTS[0]).filter(pl.col("iso3") == iso3, pl.col("month") <= end)
    quarter = (
        pl.col("month").str.slice(0, 4)
        + "Q"
        + ((pl.col("month").str.slice(5, 2).cast(pl.Int32) + 2) // 3).cast(pl.String)
    )
    months = months.with_columns(quarter.alias("quarter"))
    number = months.group_by("quarter").agg(pl.col("month").n_unique().alias("months"))
    sums = (
        months.group_by("quarter", "vendor")
        .agg(pl.col("share_pct").sum())
        .join(number, on="quarter")
    )
    wide = (
        sums.with_columns(pl.col("share_pct") / pl.col("months") / 100)
        .pivot(on="vendor", index="quarter", values="share_pct")
        .fill_null(0.0)
        .sort("quarter")
    )
    first = wide.filter(pl.col(BRAND) > 0)["quarter"][0]
    return _market(name, wide.filter(pl.col("quarter") >= first), [wide], [name])


def read_phonepe() -> tuple[Market, Market]:
    """India, and its states, by the phones of PhonePe's users."""
    table = pl.read_csv(DATA / INPUTS[1]).with_columns(
        (pl.col("year").cast(pl.String) + "Q" + pl.col("quarter").cast(pl.String)).alias("when"),
        pl.col("share_pct") / 100,
    )
    wide = (
        table.pivot(on="brand", index=["state", "when"], values="share_pct")
        .fill_null(0.0)
        .rename({"when": "quarter"})
        .sort("state", "quarter")
    )
    parts = {str(key[0]): part.drop("state") for key, part in wide.group_by("state")}
    states = sorted(parts.keys() - {"ALL"})
    india = _market("India", parts["ALL"], [parts["ALL"]], ["India"])
    return india, _market("states", parts[states[0]], [parts[state] for state in states], states)


def _market(name: str, frame: pl.DataFrame, tables: Sequence[pl.DataFrame], markets: list[str]
            ) -> Market:  # fmt: skip
    labels = frame["quarter"].to_list()
    own, rivals = [], []
    for table in tables:
        table = table.filter(pl.col("quarter").is_in(labels))
        named = table.select(pl.sum_horizontal([n for n in NAMED if n in table.columns]))
        mine = table[BRAND].to_numpy()
        named = named.to_series().to_numpy()
        first = table.drop("quarter", BRAND, *[n for n in NO_NAMES if n in table.columns]).row(0)
        effective = brands.effective_number(np.array(first))
        own.append(mine)
        rivals.append(brands.rivals_attraction(named, 1.0 - mine - named, effective))
    return Market(name, labels, np.array(own), np.array(rivals), markets)


def padded(market: Market, known: int) -> Shares:
    """The first `known` quarters, the arrays filled up to their usual length."""
    more = ((0, 0), (0, ROOM - len(market.labels)))
    seen = np.ones_like(market.own, dtype=bool)
    return Shares(
        np.pad(market.own, more, constant_values=0.5),
        np.pad(market.rivals, more, constant_values=1.0),
        np.pad(seen, more),
    ).until(known)


def damped(past: Floats, ahead: int) -> Floats:
    """Last value and the mean change of the last four quarters, fading by DAMPING a quarter."""
    back = min(4, past.shape[1] - 1)
    slope = (past[:, -1:] - past[:, -1 - back, None]) / back
    return past[:, -1:] + slope * np.cumsum(DAMPING ** np.arange(1, ahead + 1))


def look_ahead(
    market: Market, known: int, pooled: bool = False
) -> tuple[dict[str, Floats], Floats]:
    """Forecasts by each method from the quarter `known`, and samples of E2 and E6's.

    Only the method that says so sees rivals after the origin.
    """
    ahead = min(max(AHEAD), len(market.labels) - known)
    past = market.own[:, :known]
    last, first = past[:, -1:], market.rivals[:, :1]
    held = np.repeat(market.rivals[:, known - 1 : known], ahead + 1, axis=1)
    drift = damped(np.log(market.rivals[:, :known]), ahead)
    on = np.concatenate([held[:, :1], np.exp(drift)], axis=1)
    real = market.rivals[:, known - 1 : known + ahead]
    shares = padded(market, known)
    moving = brands.fit_pooled(shares) if pooled else brands.fit_moving(shares)
    law = brands.after_quarter
    paths = {
        "last value": np.repeat(last, ahead, axis=1),
        "damped slope": np.clip(damped(past, ahead), 0.0, 1.0),
        "E2 and E6": brands.forecast(law, moving, last, held, first),
        "E2 and E6, rivals go on": brands.forecast(law, moving, last, on, first),
        "E2 and E6, rivals known": brands.forecast(law, moving, last, real, first),
    }
    if pooled:
        each = [
            brands.fit_constant(Shares(*(part[i : i + 1] for part in shares)))
            for i in range(len(last))
        ]
        constant = [
            brands.forecast(brands.after_quarter_constant, fit, *(
                part[i : i + 1] for part in (last, held, first)))
            for i, fit in enumerate(each)
        ]  # fmt: skip
        paths["Bass"] = np.concatenate(constant)
    else:
        fit = brands.fit_constant(shares)
        paths["Bass"] = brands.forecast(brands.after_quarter_constant, fit, last, held, first)
    return paths, brands.fan(law, moving, last, held, first, DRAWS, SEED)


class Score(NamedTuple):
    """Errors in points: method -> quarters ahead -> one number a market and origin."""

    errors: dict[str, dict[int, list[float]]]
    covered: dict[int, list[bool]]
    paths: dict[int, tuple[dict[str, Floats], Floats]]


def roll(market: Market, origins: Sequence[int], pooled: bool = False) -> Score:
    """Forecasts from each origin against what came."""
    errors = {method: {h: [] for h in AHEAD} for method in METHODS}  # type: dict
    covered = {h: [] for h in AHEAD}  # type: dict
    paths = {}
    for known in origins:
        made, sampled = look_ahead(market, known, pooled)
        paths[known] = (made, sampled)
        for h in AHEAD:
            if known + h > len(market.labels):
                continue
            truth = market.own[:, known + h - 1]
            for method in METHODS:
                errors[method][h] += list(100 * np.abs(made[method][:, h - 1] - truth))
            low, high = np.quantile(sampled[:, :, h - 1], [0.1, 0.9], axis=0)
            covered[h] += list((low <= truth) & (truth <= high))
        print(market.name, known, flush=True)
    return Score(errors, covered, paths)


def launches(markets: Sequence[Market], india: Market) -> dict[str, tuple[Fit, int]]:
    """Fits from entry: nobody accepts at first, rivals as they were, three years and a half."""
    made = {}
    for market, entry in zip(markets, ("2011Q4", "2011Q4"), strict=True):
        since = np.array([_quarters(label) - _quarters(entry) + 1 for label in market.labels])
        rise = since <= 14
        fit = brands.fit_launch(market.own[0, rise], since[rise], float(market.rivals[0, 0]))
        made[market.name] = (fit, int(rise.sum()))
    table = pl.read_csv(DATA / INPUTS[2], infer_schema_length=None).filter(
        pl.col("iso3") == "IND", pl.col("metric") == "shipment_share", pl.col("vendor") == BRAND
    )
    rows = [(6.6, 2016, 2)]  # xiaomi_facts.csv: share by units in 2016
    for value, year, quarter in table.select("value", "year", "quarter").rows():
        rows.append((float(value), int(year), int(quarter) if quarter else 2))
    own, since = np.array([[v / 100, 4 * (y - 2014) + q - 2] for v, y, q in rows]).T
    rise = since <= 18
    made["India, units (analysts)"] = (
        brands.fit_launch(own[rise], since[rise].astype(int), float(india.rivals[0, 0])),
        int(rise.sum()),
    )
    return made


def _quarters(label: str) -> int:
    return 4 * int(label[:4]) + int(label[5]) - 1


def without_ceiling(fit: Fit, market: Market) -> float:
    """Gain in log-likelihood by the ceiling that moves (eta) at the same other parameters."""
    shares = padded(market, len(market.labels))
    flat = fit.theta | {"rivals": np.asarray(-20.0)}
    args = tuple(jnp.asarray(part) for part in shares)
    value = brands.log_likelihood(brands.after_quarter, flat, *args)
    return fit.log_likelihood - float(value)


def draw(market: Market, score: Score, origins: Sequence[int], path: Path) -> None:
    """Shares seen, and forecasts with 80 % fans from some origins."""
    seen = pl.DataFrame({"t": range(len(market.labels)), "share": 100 * market.own[0]})
    layers = [
        alt.Chart(seen).mark_line(color="#333333", strokeWidth=2).encode(x="t:Q", y="share:Q")
    ]
    at = alt.Axis(labelExpr=f"{market.labels}[datum.value]", tickMinStep=4)
    for known in origins:
        made, sampled = score.paths[known]
        low, high = 100 * np.quantile(sampled[:, 0], [0.1, 0.9], axis=0)
        start = np.arange(known, known + len(low))
        band = pl.DataFrame({"t": start, "low": low, "high": high})
        layers.append(
            alt.Chart(band)
            .mark_area(color="#4c9be8", opacity=0.2)
            .encode(x="t:Q", y="low:Q", y2="high:Q")
        )
        lines = [
            pl.DataFrame({"t": start, "share": 100 * made[method][0], "method": method, "origin": known})
            for method in ("damped slope", "Bass", "E2 and E6", "E2 and E6, rivals known")
        ]  # fmt: skip
        layers.append(
            alt.Chart(pl.concat(lines)).mark_line().encode(
                x=alt.X("t:Q", title=None, axis=at), y=alt.Y("share:Q", title="share, %"),
                color=alt.Color("method:N", title=None, sort=list(METHODS)),
                detail="origin:N",
            )
        )  # fmt: skip
    title = f"{BRAND}'s share, {market.name}: seen (black), and foreseen from some quarters"
    chart = alt.layer(*layers).properties(width=560, height=240, title=title)
    write_atomic(path, vl_convert.vegalite_to_svg(chart.to_dict()) + "\n")


def main() -> None:
    """Fit, roll, draw, write."""
    world = read_statcounter("WLD", "world", "2024-03")
    china = read_statcounter("CHN", "China", "2019-09")  # later months look like a break
    india, states = read_phonepe()
    whole: dict[str, tuple[Market, Fit, Fit, float]] = {}
    for market in (world, china, india):
        moving = brands.fit_moving(padded(market, len(market.labels)))
        constant = brands.fit_constant(padded(market, len(market.labels)))
        whole[market.name] = (market, moving, constant, without_ceiling(moving, market))
        print(market.name, flush=True)
    pooled = brands.fit_pooled(padded(states, len(states.labels)))
    started = launches((world, china), india)
    scores = {
        "world": roll(world, range(12, len(world.labels))),
        "China": roll(china, range(10, len(china.labels))),
        "India": roll(india, range(6, len(india.labels))),
        "states": roll(states, STATE_ORIGINS, pooled=True),
    }
    for market, origins in ((world, (14, 26, 38)), (china, (12, 20)), (india, (6, 9))):
        draw(market, scores[market.name], origins, PROOF / f"brands-{market.name.lower()}.svg")
    text = page([DATA / name for name in INPUTS], whole, states, pooled, started, scores)
    write_atomic(PROOF / "brands.md", text)


if __name__ == "__main__":
    main()
