"""Writes docs/proof/fortunes.md: what becomes of the shares of many brands, and what it says of priors.

`python studies/fortunes.py` reads ../shared/data (BEACHHEAD_SHARED names another folder), within a
minute. The tables stay where they are. Xiaomi, whose replay the priors are held against, is left
out of every figure that feeds one.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np
import polars as pl
from brands_page import inputs, rows
from held_down import measure
from numpy.typing import NDArray

from beachhead.evidence import brands
from beachhead.files import write_atomic
from beachhead.mechanisms.acceptance import Acceptance, accepted_today
from beachhead.mechanisms.bass import bass
from beachhead.mechanisms.share import Share
from beachhead.quantities import declared

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
INPUTS = [DATA / "statcounter_vendor_share.csv.gz", DATA / "india_phonepe_brand_share.csv.gz"]
MARKETS = {"WLD": "world", "USA": "USA", "CHN": "China"}
OUT = "Xiaomi"
# What is no brand, what is misspelt, and one label that falls from 3 % to nothing in a quarter.
NO_BRANDS = {
    "Unknown", "Other", "Others", "White Label", "Sumsung", "Meisu", "Infinex", "Mobicel",
}  # fmt: skip
YEARS = (1, 2, 4, 6)
LEAST, SEEN = 0.01, 8  # share from which a change counts; quarters for which a brand is known
FLOOR = 1e-4  # below it page views of a brand are chance
SPLIT = 2014  # last year of the outcomes from which the spread is taken for a score of later ones
LAUNCH, BATCH = 14, 4  # quarters of a launch; labels first seen in one quarter that are no launches
# Brands of mainland China that could be told apart there and abroad.
CHINESE = (
    "Huawei", "Oppo", "Vivo", "Lenovo", "ZTE", "Coolpad", "Meizu", "Gionee", "OnePlus", "LeEco",
    "Alcatel",
)  # fmt: skip
OF_CHINA = 0.08  # part of the world's page views that is taken to be China's

Floats = NDArray[np.float64]


class Record(NamedTuple):
    """Quarterly shares of every brand of a market, and the number of each quarter (4 x year)."""

    quarters: NDArray[np.int_]
    shares: dict[str, Floats]


def read(market: str) -> Record:
    """Quarterly means of StatCounter's months; Vivo and its parent BBK as one."""
    table = pl.read_csv(INPUTS[0]).filter(pl.col("iso3") == market)
    number = pl.col("month").str.slice(0, 4).cast(pl.Int32) * 4
    number = number + (pl.col("month").str.slice(5, 2).cast(pl.Int32) - 1) // 3
    table = table.with_columns(
        number.alias("quarter"), pl.col("vendor").replace({"BBK": "Vivo"}).alias("vendor")
    )
    months = table.group_by("quarter").agg(pl.col("month").n_unique().alias("months"))
    sums = table.group_by("vendor", "quarter").agg(pl.col("share_pct").sum())
    mean = sums.join(months, on="quarter").with_columns(pl.col("share_pct") / pl.col("months"))
    quarters = np.array(sorted(months["quarter"]))
    shares = {}
    for vendor in sorted(set(mean["vendor"]) - NO_BRANDS):
        own = dict(mean.filter(pl.col("vendor") == vendor).select("quarter", "share_pct").rows())
        shares[vendor] = np.array([own.get(int(q), 0.0) / 100 for q in quarters])
    return Record(quarters, shares)


def odds(share: Floats | float) -> Floats:
    """Log odds of a share."""
    held = np.maximum(share, FLOOR)
    return np.asarray(np.log(held / (1.0 - held)))


class Change(NamedTuple):
    """A brand some years on: log odds gained, its share before, and what the model needs of it."""

    market: str
    brand: str
    year: int  # in which the change ends
    gained: float
    share: float
    age: float  # years since it was first seen, at least
    rivals: float


def changes(record: Record, market: str, years: int, only: str | None = None) -> list[Change]:
    """Changes of all brands of at least `LEAST`, from one quarter a year."""
    found = []
    for brand, share in record.shares.items():
        if brand != (only or brand) or (only is None and brand == OUT) or not share.any():
            continue
        first = int(np.flatnonzero(share)[0])
        for now in range(SEEN, len(share) - 4 * years, 4):
            then = now + 4 * years
            if now - first >= SEEN and share[now] >= LEAST:
                others = np.array([s[now] for b, s in record.shares.items() if b != brand])
                rivals = brands.effective_number(others[others > 0])
                gained = float(odds(share[then]) - odds(share[now]))
                found.append(
                    Change(market, brand, int(record.quarters[then]) // 4, gained,
                           float(share[now]), (now - first) / 4, rivals)
                )  # fmt: skip
    return found


def foreseen(change: Change, years: int) -> tuple[float, float]:
    """Log odds gained by the model at its central values: as it began before, and as it begins now.

    Before, acceptance was all that today's share implies, up to .9; now its years count too.
    """
    known = {name.partition(".")[2]: p.default for name, p in declared(Acceptance).items()}
    p, q = known["p0"], known["q"]
    order = declared(Share)["share.order"].default
    central = order * np.log1p(change.rivals)
    implied = change.share / (1 - change.share) * change.rivals * np.exp(-central)
    aged = bass(np.array(0.0), p, q, change.age)
    gains = []
    for start in (min(implied, 0.9), float(accepted_today(aged, np.array(implied)))):
        then = float(bass(np.array(start), p, q, float(years)))
        gains.append(np.log(then / start))
    return gains[0], gains[1]


class Launch(NamedTuple):
    """A brand's first years in a market: mode and standard deviation of ln p, ln q and utility."""

    market: str
    brand: str
    mode: tuple[float, float, float]
    sd: tuple[float, float, float]
    highest: float


def launches(record: Record, market: str) -> list[Launch]:
    """Brands that came up from nothing in sight, by E2 and E6 from the quarter first seen."""
    first = {brand: int(np.flatnonzero(s)[0]) for brand, s in record.shares.items() if s.any()}
    together = Counter(first.values())
    made = []
    for brand, begin in first.items():
        share = record.shares[brand]
        early = share[begin : begin + LAUNCH]
        told_apart = begin < 4 or together[begin] >= BATCH or share[begin] >= 0.001
        if brand == OUT or told_apart or len(share) - begin <= LAUNCH or early.max() < 0.001:
            continue
        others = np.array([s[begin] for s in record.shares.values()])
        rivals = brands.effective_number(others[others > 0])
        fit = brands.fit_launch(np.clip(early, 1e-5, 0.99), np.arange(1, LAUNCH + 1), rivals)
        names, sd = ("p", "q", "utility"), fit.sd()
        mode = tuple(float(fit.theta[name]) for name in names)
        made.append(Launch(market, brand, mode, tuple(float(sd[n]) for n in names), early.max()))  # type: ignore[arg-type]
    return made


def between(modes: Floats, sds: Floats) -> tuple[float, float]:
    """Mean and standard deviation of what normal estimates with known errors estimate (EM)."""
    mean, variance = float(modes.mean()), float(modes.var())
    for _ in range(500):
        kept = variance / (variance + sds**2)
        mean = float(np.average(modes, weights=1.0 / (variance + sds**2)))
        middle = kept * modes + (1.0 - kept) * mean
        variance = float(np.mean((middle - mean) ** 2 + kept * sds**2))
    return mean, float(np.sqrt(variance))


def phonepe() -> dict[str, float]:
    """Mean share of each brand named in India, 2018 to 2022."""
    table = pl.read_csv(INPUTS[1]).filter(pl.col("state") == "ALL")
    mean = table.group_by("brand").agg(pl.col("share_pct").mean() / 100)
    return {brand: share for brand, share in mean.rows() if brand not in NO_BRANDS}


def abroad(
    china: Record, world: Record, usa: Record, begin: int
) -> list[tuple[str, int, float, float, float]]:
    """Shares abroad on shares at home in China, four years from `begin`: slope, error, what is left."""
    india = phonepe()
    found = []

    def mean(record: Record, brand: str) -> float:
        if brand not in record.shares:
            return 0.0
        inside = (record.quarters >= 4 * begin) & (record.quarters < 4 * begin + 16)
        return float(record.shares[brand][inside].mean())

    for name in (
        "world without China",
        "USA",
        *(("India, 2018 to 2022",) if begin >= 2015 else ()),
    ):
        pairs = []
        for brand in CHINESE:
            here = mean(china, brand)
            if name == "USA":
                there = mean(usa, brand)
            elif name.startswith("India"):
                there = india.get(brand, 0.0)
            else:
                there = (mean(world, brand) - OF_CHINA * here) / (1 - OF_CHINA)
            if here > 5e-4 and there > FLOOR:
                pairs.append((float(odds(here)), float(odds(there))))
        x, y = np.array(pairs).T
        slope, level = np.polyfit(x, y, 1)
        left = np.sqrt(np.sum((y - level - slope * x) ** 2) / (len(x) - 2))
        error = left / np.sqrt(np.sum((x - x.mean()) ** 2))
        found.append((f"{name}, {begin} to {begin + 3}" if "India" not in name else name, len(x),
                      float(slope), float(error), float(left)))  # fmt: skip
    return found


def main() -> None:
    """Count, fit, write."""
    records = {market: read(market) for market in MARKETS}
    found = {y: [c for m, r in records.items() for c in changes(r, m, y)] for y in YEARS}
    own = {y: [c for m, r in records.items() for c in changes(r, m, y, OUT)] for y in YEARS}
    begun = [launch for market, record in records.items() for launch in launches(record, market)]
    carried = [
        row
        for begin in (2013, 2015)
        for row in abroad(records["CHN"], records["WLD"], records["USA"], begin)
    ]
    write_atomic(ROOT / "docs" / "proof" / "fortunes.md", page(found, own, begun, carried))


def page(
    found: dict[int, list[Change]], own: dict[int, list[Change]], begun: list[Launch],
    carried: list[tuple[str, int, float, float, float]],
) -> str:  # fmt: skip
    """All of it."""
    parts = [_head(), _changes(found, own), _split(found), _begins(found), _launches(begun),
             _spread(carried), _priors(found, begun), _held()]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _head() -> str:
    return f"""# Fortunes of many brands

`python studies/fortunes.py` writes this page. {inputs(INPUTS)} The tables stay where they are.

The [replay](replay.md) of Xiaomi as of 2013 left what it sold above the 95 % point of the futures
in nearly all years. [brands.md](brands.md) knows one brand, the same one. This page asks the other
brands of the same tables how far a brand's share moves, how brands differ in one market, and
whether a brand that is strong at home is strong abroad. **Xiaomi is left out of every figure that
feeds a prior**; where it is shown it is named. So the priors are not tuned to its replay; but they
were looked into because of it.

Shares are StatCounter's page views ({", ".join(MARKETS.values())}) and PhonePe's phones (India). A
page view is no sale. No brand's date of launch is in the tables: when a label is first seen it was
told apart, which may be years after its launch."""


def _quantiles(gained: Floats) -> list[str]:
    middle = f"{np.median(gained):.2f}"
    ends = [f"{end:.2f}" for end in np.quantile(gained, [0.05, 0.95])]
    return [middle, *ends, f"{np.std(gained):.2f}", f"{np.exp(gained).mean():.2f}"]


def _changes(found: dict[int, list[Change]], own: dict[int, list[Change]]) -> str:
    body = []
    for years, all_of in found.items():
        gained = np.array([c.gained for c in all_of])
        others = [f"{c.gained:+.2f} ({np.mean(gained < c.gained):.0%})" for c in own[years]]
        names = len({(c.market, c.brand) for c in all_of})
        body.append(
            [years, f"{len(gained)} ({names})", *_quantiles(gained), ", ".join(others) or "none"]
        )
    head = ["years on", "changes (brands)", "median", "5 %", "95 %", "sd", "mean ratio of odds",
            f"{OUT}, with its place among them"]  # fmt: skip
    return f"""## How far a share moves
Log odds gained by brands that had {LEAST:.0%} or more and had been seen for two years; a brand counts
once for each year from which its change can be told, so that the cases overlap.

{rows(head, body)}

Brands of this size lose more often than they gain, some nearly all; the mean of the odds moves
little, as the few that gain make up for it. {OUT}'s first years lie at the end of what any other
brand did."""


def _split(found: dict[int, list[Change]]) -> str:
    body = []
    for years in YEARS[:2]:
        before = np.array([c.gained for c in found[years] if c.year <= SPLIT])
        after = np.array([c.gained for c in found[years] if c.year - years > SPLIT])
        low, high = np.quantile(before, [0.05, 0.95])
        inside = np.mean((low <= after) & (after <= high))
        spread = 1.645 * 0.05 * years  # as the product had it, a little wider
        old = np.mean(np.abs(after) <= spread)
        body.append(
            [
                years,
                len(before),
                f"{low:.2f} to {high:.2f}",
                len(after),
                f"{inside:.0%}",
                f"{old:.0%}",
            ]
        )
    head = ["years on", f"changes until {SPLIT}", "90 % of them within", f"changes begun after {SPLIT}",
            "of these inside", "inside if growth of rivals has sd .05"]  # fmt: skip
    return f"""### Fitted on the past, held against the future

{rows(head, body)}"""


def _begins(found: dict[int, list[Change]]) -> str:
    body = []
    for years in YEARS[:3]:
        gained = np.array([c.gained for c in found[years]])
        before, now = np.array([foreseen(c, years) for c in found[years]]).T
        body.append(
            [years, len(gained), f"{np.median(gained):.2f}",
             *(f"{np.median(way):.2f}" for way in (before, now)),
             *(f"{np.mean(np.abs(way - gained)):.2f}" for way in (before, now)),
             f"{np.mean(np.abs(gained)):.2f}"]
        )  # fmt: skip
    head = ["years on", "changes", "median gained", "by sales alone", "by years and sales",
            "error: by sales alone", "by years and sales", "last value"]  # fmt: skip
    return f"""## Where a brand stands that sells already
The model used to take all of today's share for acceptance, up to .9: a brand with a small share was
one that hardly anybody had heard of yet, however old, and would grow; a brand with a share of a few
points, however young, was known to all and could not. Now its years count, and what they do not
explain is split between acceptance and utility ([E2](../model/acceptance.md)). Log odds gained by
the same brands, and as the model at its central values foresees them, with no growth of rivals:

{rows(head, body)}"""


def _launches(begun: list[Launch]) -> str:
    body = [
        [launch.brand, MARKETS[launch.market],
         *(f"{np.exp(launch.mode[k]):.3g} [{np.exp(launch.mode[k] - 1.645 * launch.sd[k]):.2g}, "
           f"{np.exp(launch.mode[k] + 1.645 * launch.sd[k]):.2g}]" for k in (0, 1)),
         f"{launch.mode[2]:.2f}", f"{100 * launch.highest:.2f}"]
        for launch in sorted(begun, key=lambda launch: -launch.highest)
    ]  # fmt: skip
    modes, sds = (
        np.array([launch.mode for launch in begun]),
        np.array([launch.sd for launch in begun]),
    )
    p, q = between(modes[:, 0], sds[:, 0]), between(modes[:, 1], sds[:, 1])
    return f"""## Brands that came up from nothing in sight
{len(begun)} brands first seen below .1 % and not in one of the quarters in which many labels were first
told apart, followed for {LAUNCH} quarters by E2 and E6 under rivals as at first; those that never came to
.1 % cannot be measured. 90 % intervals by Laplace.

{rows(["brand", "market", "p", "q", "utility", "highest share, %"], body)}

Over brands, ln p has the mean of {np.exp(p[0]):.3f} and a standard deviation of {p[1]:.2f}, ln q that of
{np.exp(q[0]):.2f} and {q[1]:.2f}, errors of estimation taken out. Level and pace cannot be told apart in a
share that stays below one in a hundred: a brand that few like and one that few know look alike, so
the means say little; the spread of q is that between brands that took off and brands that did not."""


def _spread(carried: list[tuple[str, int, float, float, float]]) -> str:
    named = {brand: share for brand, share in phonepe().items() if brand != OUT}
    logs = np.array([odds(share) for share in named.values()])
    body = [
        [name, n, f"{slope:.2f} ± {1.645 * error:.2f}", f"{left:.2f}"]
        for name, n, slope, error, left in carried
    ]
    return f"""## How brands differ in one market
In India the {len(named)} brands that PhonePe names had odds whose logarithm has a standard deviation of
**{logs.std(ddof=1):.2f}** ({", ".join(f"{b} {100 * s:.1f} %" for b, s in sorted(named.items(), key=lambda x: -x[1]))}).
All had been there for a year or more. Dozens below one in a hundred are not named, so it is a lower
end; differences of channel and effort are in it.

A brand's share abroad on its share at home, Chinese brands, log odds:

{rows(["abroad", "brands", "slope, 90 %", "sd of what is left"], body)}

**That strength at home carries over is hardly seen**: but for one slope that just does, none differs
from nothing, and what is left between brands is as large as the differences themselves. The model
takes nothing of it over; its draws of quality have three tenths of their variance in common over
markets, which these slopes do not contradict."""


def _held() -> str:
    head = ["changed", "China 2014", "China 2015", "China 2016", "India 2016", "India 2018"]
    return f"""## What keeps the bundled case down
{OUT} as of 2013, entered where and when it was by 2014 and sold online there; 50 % and 95 % point of
its share of all units, per cent, one belief or figure changed at a time
([held_down.py](../../studies/held_down.py)). This looks at the firm that no prior may be fitted to:
it told where to look.

{rows(head, measure())}

At home p0, q, distance and attention move the share by a fifth at most, and a quicker pace lowers it,
as a brand that is known already has less room to grow; utility (quality, the handicap of coming late,
rivals) and what is within reach decide. Before, nearly all of today's share was taken for acceptance, so
that there was next to no room at all. In India pace matters in the first years and utility throughout.
The ceiling (eta) does nothing here, as no rival of the case is said to grow. So the priors of the pace
alone could not mend the replay, and those of utility were the ones to be asked of other brands."""


def _priors(found: dict[int, list[Change]], begun: list[Launch]) -> str:
    four = np.array([c.gained for c in found[4]])
    high, ratio = np.quantile(four, 0.95), np.exp(four).mean()
    modes, sds = (
        np.array([launch.mode for launch in begun]),
        np.array([launch.sd for launch in begun]),
    )
    p, q = between(modes[:, 0], sds[:, 0])[1], between(modes[:, 1], sds[:, 1])[1]
    growth, spread = 0.1, 0.2
    body = [
        ["`acceptance.p0`", "log sd .5", "log sd .7", f"{p:.2f} over {len(begun)} brands here; .7 of the launches of [brands.md](brands.md), which are Xiaomi's"],
        ["`acceptance.q`", "log sd .3, J", "log sd .6, D", f"{q:.2f} over {len(begun)} brands; the median 1.2 stays"],
        ["`acceptance.rivals` (eta)", "median .3", "median .1", "[brands.md](brands.md): states of India, Xiaomi's own (in sample); acts only where rivals with a name grow"],
        ["`share.quality`", "0, sd .3, J", "-.5, sd 1, D", "sd of brands in India; the mean of e^quality stays near 1, so that a wider spread does not make the average newcomer better"],
        ["`share.rivals_growth`", "0, sd .03", "0, sd .05", "[brands.md](brands.md), other categories than phones: no series; stays J"],
        ["`share.rivals_growth`, phones", "0, sd .03", f"{growth}, sd {spread}, D", f"95 % point after four years {-4 * growth + 1.645 * 4 * spread:.2f} ({high:.2f} here), mean ratio of odds {np.exp(-4 * growth + 8 * spread**2):.2f} ({ratio:.2f} here)"],
    ]  # fmt: skip
    return f"""## What it says of the priors

{rows(["parameter", "was", "is", "why"], body)}

Growth of rivals is normal in the model, and what brands lose is not: the prior is set to the upper
end and the mean of what was seen over four years, as a plan's value lies there, and shows too little
of the brands that fade, which the chance of leaving (E8) shows in part. A rate that goes on for ten
years spreads wider at the end than anything measured here, which ends after six.

What this does not show: sales, other categories than phones, any brand before its launch, or brands
that nobody told apart."""


if __name__ == "__main__":
    main()
