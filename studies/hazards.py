"""Writes docs/proof/hazards.md: exits, pace and haste in the entry histories of thirteen firms.

`python studies/hazards.py` reads ../shared/data (BEACHHEAD_SHARED names another folder). The tables
stay where they are; the page holds what they teach.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import altair as alt
import numpy as np
import polars as pl
import vl_convert
from brands_page import inputs, rows
from numpy.typing import NDArray
from scipy.stats import chi2

from beachhead.evidence import hazards
from beachhead.evidence.hazards import Cells, Estimate
from beachhead.files import write_atomic

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
PROOF = ROOT / "docs" / "proof"
INPUTS = [DATA / "entries.csv", DATA / "firms.csv"]
UNTIL = 2024  # the last year whose exits the record knows
AGES = (0, 1, 2, 3, 5, 10, 20, 40, 70)
YEARS = (1, 5, 10, 17)
DEFAULT_SLOPE = -0.5
MODES = {"distributor": 0.15, "online, phones": 0.08, "own shops, phones": 0.06}  # presets
SHOCK = ("RUS", 2022)  # four firms at once, by sanctions

Floats = NDArray[np.float64]
Row = tuple[str, str, int, str]


def read_rows() -> tuple[list[Row], dict[str, tuple[str, int]]]:
    """Events, and of each firm its coverage and the last year whose entries are complete."""
    table = pl.read_csv(INPUTS[0], infer_schema_length=None)
    events = table.select("firm", "iso3", "year", "event").rows()
    firms = pl.read_csv(INPUTS[1]).select("firm", "coverage", "score_until").rows()
    return events, {firm: (coverage, year) for firm, coverage, year in firms}


def made(events: Sequence[Row], keep: set[str] | None = None) -> tuple[Cells, list[str]]:
    """Years at risk, of some firms or of all."""
    return hazards.cells(
        hazards.spells([row for row in events if keep is None or row[0] in keep], UNTIL)
    )


def crowd(events: Sequence[Row], table: Cells, firms: Sequence[str]) -> tuple[Floats, Floats]:
    """Other launches of the firm in the year, and in that of the entry, over its usual ones.

    E8 divides by the launches that a firm digests; here that is its mean from first to last.
    """
    counts: list[dict[int, int]] = []
    for firm in firms:
        years = [year for name, _, year, event in events if name == firm and event != "exit"]
        counts.append({year: years.count(year) for year in range(min(years), max(years) + 1)})
    usual = np.array([np.mean(list(count.values())) for count in counts])

    def others(year: NDArray[np.int_]) -> Floats:
        own = (year == table.entered).astype(float)
        number = [counts[f].get(int(y), 0) for f, y in zip(table.firm, year, strict=True)]
        return (np.array(number, dtype=float) - own) / usual[table.firm]

    return others(table.year), others(table.entered)


def launches(events: Sequence[Row], covered: dict[str, tuple[str, int]]) -> pl.DataFrame:
    """A row for each year of a fully listed firm after its first: launches, served, years since."""
    made = []
    for firm, (coverage, until) in covered.items():
        years = sorted(y for name, _, y, event in events if name == firm and event == "entry")
        if coverage != "full" or len(years) < 2:
            continue
        for year in range(years[0] + 1, until + 1):
            served = sum(y < year for y in years)
            made.append((firm, years.count(year), served, year - years[0]))
    return pl.DataFrame(made, ["firm", "launches", "served", "since"], orient="row")


def words(estimate: Estimate, place: int) -> str:
    """Value and 90 % interval."""
    low, high = estimate.interval(place)
    return f"{estimate.values[place]:.2f} [{low:.2f}, {high:.2f}]"


def exits_part(events: Sequence[Row]) -> str:
    """Life table, fits, the sensitivity to what was not recorded."""
    table, firms = made(events)
    body = []
    for low, high, number, risk in hazards.life_table(table, AGES):
        upper = chi2.ppf(0.95, 2 * (number + 1)) / 2 / risk
        body.append(
            [
                f"{low} to {high - 1}",
                number,
                f"{risk:.0f}",
                f"{100 * number / risk:.2f}",
                f"{100 * upper:.2f}",
            ]
        )
    each = []
    risk = (table.old - table.young) / 4
    for number, firm in enumerate(firms):
        here = table.firm == number
        lost, years = int(table.left[here].sum()), float(risk[here].sum())
        each.append([firm, lost, f"{years:.0f}", f"{100 * lost / years:.2f}"])
    life = rows(["years since entry", "exits", "years at risk", "% a year", "95 % below"], body)
    return f"""## Exits
{int(table.left.sum())} exits in {risk.sum():.0f} market-years of {len(firms)} firms, 4 of them Russia in 2022.

{life}

{rows(["firm", "exits", "years at risk", "% a year"], each)}

**Exits are under-recorded.** The record was made of entries; most firms' exits were never looked
for, the firms are famous successes, and markets left early often never got onto a list. What
follows is a lower end."""


def no_shock(events: Sequence[Row]) -> list[Row]:
    """Without the exits from Russia in 2022, as if those firms had stayed."""
    return [row for row in events if (row[1], row[2], row[3]) != (*SHOCK, "exit")]


def fits_part(events: Sequence[Row]) -> tuple[str, list[tuple[str, float, float]]]:
    """Level and slope under several readings, and the survival that each means."""
    table, firms = made(events)
    lookers = {
        firm for firm, gone in zip(firms, np.bincount(table.firm, table.left), strict=True) if gone
    }
    calm = no_shock(events)
    part, names = made(events, lookers)
    shops, shop_names = made(events, {"Walmart", "IKEA", "Inditex (Zara)", "Decathlon"})
    walmart, _ = made(events, {"Walmart"})

    def young(age: NDArray[np.int_]) -> Floats:
        return np.where(age < 4, 0.25, 1.0)

    readings = [
        ("all, as recorded", hazards.fit_exits(table, len(firms))),
        ("without Russia 2022", hazards.fit_exits(made(calm)[0], len(firms))),
        ("firms with an exit on record", hazards.fit_exits(part, len(names))),
        ("shops (Walmart, IKEA, Inditex, Decathlon)", hazards.fit_exits(shops, len(shop_names))),
        ("Walmart alone", hazards.fit_exits(walmart, 1)),
    ]
    for rate in (0.5, 0.25, 0.1):
        estimate = hazards.fit_exits(table, len(firms), lambda age, r=rate: np.full(len(age), r))
        readings.append((f"all, if {100 * rate:.0f} % of exits are on record", estimate))
    readings.append(
        (
            "all, if 25 % of exits in the first four years are",
            hazards.fit_exits(table, len(firms), young),
        )
    )
    body, curves = [], []
    for name, estimate in readings:
        level, slope = estimate.values[:2]
        left = hazards.survival(level, slope, YEARS)
        body.append([name, words(estimate, 0), words(estimate, 1), *(f"{x:.3f}" for x in left)])
        curves.append((name, float(level), float(slope)))
    for name, first in MODES.items():
        level = hazards.level_of(first, DEFAULT_SLOPE)
        left = hazards.survival(level, DEFAULT_SLOPE, YEARS)
        body.append(
            [
                f"*E8 today: {name}*",
                f"{level:.2f}",
                f"{DEFAULT_SLOPE:.2f}",
                *(f"{x:.3f}" for x in left),
            ]
        )
        curves.append((f"E8 today: {name}", level, DEFAULT_SLOPE))
    body.append(["*trade flows (Besedes and Prusa), check 7*", "", "", ".670", ".469", "", ".413"])
    head = [
        "reading",
        "level",
        "slope over ln(age + 1)",
        *(f"there after {y} years" for y in YEARS),
    ]
    shape = float(np.exp(-readings[0][1].values[2]))
    first = hazards.survival(*readings[0][1].values[:2], [1])[0]
    needed = (1 - first) / MODES["own shops, phones"]
    text = f"""## E8 fitted
The hazard of [E8](../model/exit.md) itself, all but level and age at their neutral values, a factor
for each firm (gamma, variance {shape:.1f}). Only years are known: entry in mid-year, exit any time
in its year. 90 % intervals by Laplace. Survival is that of a firm with factor 1.

{rows(head, body)}

- As recorded, {100 * (1 - first):.1f} % leave in the first year where the presets say 6 to 15 %. For the record
  to be the presets' world, {100 * needed:.0f} % of first-year exits of own shops would have to be on it.
- The slope is not negative on this record ({words(readings[0][1], 1)}); the product's prior is
  Uniform(-1, 0). If three in four early exits are missing it is {words(readings[-1][1], 1)}. A constant
  detection rate moves the level by its logarithm and leaves the slope.
- Walmart, whose exits are best known, left 2.1 % of its markets a year, near the 2.2 % that the
  literature gives for ten international retailers. Even its slope could be anything from
  {readings[4][1].interval(1)[0]:.2f} to {readings[4][1].interval(1)[1]:.2f}.
- The variance between firms is in part that of the recording: it is no measure of how firms differ.

![Survival](hazards-survival.svg)"""
    return text, curves


def haste_part(events: Sequence[Row], covered: dict[str, tuple[str, int]]) -> str:
    """Does a burst of launches raise the chance of leaving?"""
    table, firms = made(events)
    body = []
    for name, rows_kept in (("all", list(events)), ("without Russia 2022", no_shock(events))):
        table, firms = made(rows_kept)
        until = np.array([covered[firm][1] for firm in firms])
        kept = table.year <= until[table.firm]  # later launches were not collected
        now, at_entry = crowd(rows_kept, table, firms)
        part = table.where(kept)
        for words_of, covariate in (
            ("launches this year", now[kept]),
            ("launches in the year of entry", at_entry[kept]),
        ):
            estimate = hazards.fit_within_firms(part, covariate, len(firms))
            lost = [
                estimate.log_likelihood
                - hazards.fit_within_firms(part, covariate, len(firms), fixed).log_likelihood
                for fixed in (0.0, 0.3, 0.9)
            ]
            body.append([name, words_of, int(part.left.sum()), words(estimate, 1),
                         *(f"{x:.2f}" for x in lost)])  # fmt: skip
    head = ["exits", "crowd", "number", "effect on the log hazard, 90 %",
            *(f"log-likelihood lost at {x}" for x in ("0", ".3", ".9"))]  # fmt: skip
    return f"""## Haste
Compared within firms only: given that a firm left a market, was it in (or had it entered in) a year
with many other launches, against its usual number? Whatever differs between firms, how fully
their exits were recorded among it, drops out. Years after the last complete list are left out.

{rows(head, body)}

The product's `exit.haste` is half-normal with median .3 (.03 to .87 in 90 % of worlds). The record
shows no harm in haste and cannot rule out .3 (1.35 of log-likelihood is a 90 % interval); it speaks
against values as high as .9, as far as a dozen exits of firms that lasted can, with the crowd
measured against a firm's usual year instead of what it can digest. A firm that hurries where it is
sure hides an effect. **The data do not carry haste**: it stays judgement, its sign from the
literature."""


def pace_part(events: Sequence[Row], covered: dict[str, tuple[str, int]]) -> str:
    """Launches a year by markets served and years since the first."""
    table = launches(events, covered)
    bands = ((1, 4), (5, 14), (15, 39), (40, 300))
    body = []
    for low, high in bands:
        here = table.filter(pl.col("served").is_between(low, high))["launches"].to_numpy()
        points = np.quantile(here, [0.1, 0.5, 0.9])
        body.append([f"{low} to {high}", len(here), f"{here.mean():.1f}", *(f"{x:.0f}" for x in points),
                     f"{100 * np.mean(here == 0):.0f} %", int(here.max())])  # fmt: skip
    counts = table["launches"].to_numpy()
    served, since = np.log1p(table["served"].to_numpy()), np.log(table["since"].to_numpy())
    design = np.column_stack([np.ones(len(counts)), served, since])
    estimate = hazards.fit_counts(counts, design)
    head = ["markets served", "firm-years", "mean", "10 %", "median", "90 %", "none at all", "most"]
    early = table.filter(pl.col("since") <= 3)["launches"].to_numpy()
    spread = np.exp(-0.5 * estimate.values[-1])
    return f"""## Pace
Launches a year of the {table["firm"].n_unique()} firms with full lists, from the year after the first market to the last
complete one.

{rows(head, body)}

Negative binomial: ln(mean) = a + b ln(1 + served) + c ln(years since the first), with a {words(estimate, 0)},
b {words(estimate, 1)}, c {words(estimate, 2)}; beside Poisson's, a year spreads about its mean by {spread:.1f} times the mean. Firm-years of a firm are
not independent, so that the intervals are too narrow. In the first three years the median is {np.median(early):.0f} a year and
the mean {early.mean():.1f}: years without a launch and waves take turns.

As a prior for pace: an established shop chain launches a few a year, a streaming service dozens at a
stroke. The product's `entry.digest` (2 launches a year and team, fixed) is judgement about strain,
not about speed, and these counts cannot test it: they do not show what a launch cost."""


def draw(curves: Sequence[tuple[str, float, float]]) -> None:
    """What is still there, by years since entry."""
    years = list(range(1, 21))
    lines = [
        pl.DataFrame({"years": years, "share": hazards.survival(level, slope, years), "reading": name})
        for name, level, slope in curves if "if" not in name or "10 %" in name or "early" in name
    ]  # fmt: skip
    chart = (
        alt.Chart(pl.concat(lines))
        .mark_line()
        .encode(
            x=alt.X("years", title="years since entry"),
            y=alt.Y("share", title="part still there", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("reading", title=None, scale=alt.Scale(scheme="tableau10"), legend=alt.Legend(labelLimit=320)),
        )
        .properties(width=420, height=260, title="Survival in a market: the record and E8")
    )  # fmt: skip
    write_atomic(PROOF / "hazards-survival.svg", vl_convert.vegalite_to_svg(chart.to_dict()) + "\n")


def proposed() -> str:
    """What changes in the priors: nothing but words."""
    body = [
        ["presets' chance of leaving in the first year", "6 to 15 %", "0.3 % as recorded; a lower end", "stays J; 2 % is the lower end for own shops, of the firm whose exits are best known"],
        ["`exit.level`", "Normal(0, .3)", "2.1 % a year (Walmart) to none: firms and their records differ", "wider is likely; no number, as the record cannot part the two"],
        ["`exit.age`", "-.5, Uniform(-1, 0)", "about 0, or negative where early exits are missing", "stays J: the record is blind where it matters"],
        ["`exit.haste`, `entry.haste`", "half-normal, median .3 and .25", "not carried", "stays J"],
        ["`entry.digest`", "2 a team and year", "not testable here", "stays J"],
    ]  # fmt: skip
    return f"""## What it says of the priors
Nothing is changed in the product by this page: a changed default changes every plan.

{rows(["parameter", "now", "the record", "proposed"], body)}"""


def main() -> None:
    """Fit, draw, write."""
    events, covered = read_rows()
    fitted, curves = fits_part(events)
    draw(curves)
    parts = [
        f"""# Exits, pace and haste in the histories of thirteen firms

`python studies/hazards.py` writes this page. {inputs(INPUTS)} The tables stay where they are: about
half of their dates rest on pages read, a quarter on inference, a quarter on memory (`ENTRIES.md`
beside them).""",
        exits_part(events), fitted, haste_part(events, covered), pace_part(events, covered), proposed(),
    ]  # fmt: skip
    write_atomic(PROOF / "hazards.md", "\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
