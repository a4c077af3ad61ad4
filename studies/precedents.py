"""Writes docs/proof/precedents.md: how well what firms entered next is foretold.

`python studies/precedents.py` reads ../shared/data (BEACHHEAD_SHARED names another folder). The
tables stay where they are; the page holds what they teach. It scores as the commands on it do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import altair as alt
import polars as pl
import vl_convert
from brands_page import inputs
from scipy.stats import beta

from beachhead.data import load_panel
from beachhead.evidence import Score, fit, read_histories, score
from beachhead.evidence.metrics import FEWEST_ENTRIES
from beachhead.files import write_atomic
from beachhead.reporting.replay import write_table
from beachhead.reporting.tables import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
PROOF = ROOT / "docs" / "proof"
INPUTS = [DATA / "entries.csv", DATA / "firms.csv"]
SPLIT = 2014
METRICS = {
    "auc": "AUC", "precision_at_wave": "precision", "mrr": "MRR", "top_20": "top 20",
    "log_likelihood": "log-likelihood",
}  # fmt: skip
STRONGEST = "gdp_over_distance_entered"


def compare(model: Mapping[str, float], baselines: Mapping[str, Mapping[str, Any]]) -> str:
    """The model and the baselines, and what it gains on each in log-likelihood."""
    heads = ("", *(f"{words}#" for words in METRICS.values()), "model less this one#")
    rows = [("**model**", *(f"{model[key]:.3f}" for key in METRICS), "")]
    for name, values in baselines.items():
        cells = (f"{values[key]:.3f}" for key in METRICS)
        rows.append((f"`{name}`", *cells, gain(values, "log_likelihood")))
    return table(heads, rows)


def gain(values: Mapping[str, Any], metric: str) -> str:
    """Model less baseline with its interval."""
    mean, low, high = values["difference"][metric]
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown; heads that end with # stand over numbers."""
    return "\n".join(write_table(Table(tuple(heads), tuple(tuple(row) for row in rows))))


def firms_part(found: Score) -> str:
    """Each firm as foretold by the others."""
    heads = ("firm", "coverage", "waves#", "entries#", "AUC#", "precision#", "MRR#",
             "log-likelihood#")  # fmt: skip
    keys = ("auc", "precision_at_wave", "mrr", "log_likelihood")
    return table(heads, [
        (name, firm["coverage"], f"{firm['waves']}", f"{firm['entries']}",
         *(f"{firm[key]:.3f}" for key in keys))
        for name, firm in sorted(found.firms.items())
    ])  # fmt: skip


def chances_part(found: Score) -> str:
    """Chances against what was entered."""
    heads = ("chance", "markets#", "foretold#", "entered#")
    return table(heads, [
        (f"{row['low']:g} to {row['high']:g}", f"{row['markets']:,}", f"{row['foretold']:.1f}",
         f"{row['entered']}")
        for row in found.reliability
    ])  # fmt: skip


def draw(found: Score) -> None:
    """The reliability curve: mean chance of each band against the share that was entered."""
    points = pl.DataFrame([
        {
            "chance": row["foretold"] / row["markets"],
            "entered": row["entered"] / row["markets"],
            "low": beta.ppf(0.05, row["entered"] + 0.5, row["markets"] - row["entered"] + 0.5),
            "high": beta.ppf(0.95, row["entered"] + 0.5, row["markets"] - row["entered"] + 0.5),
        }
        for row in found.reliability
        if row["markets"]
    ])  # fmt: skip
    scale = alt.Scale(type="log", domain=[2e-5, 1], clamp=True)
    axis = alt.Axis(format="~g", values=[1e-4, 1e-3, 1e-2, 1e-1, 1])
    x = alt.X("chance", title="chance foretold", scale=scale, axis=axis)
    base = alt.Chart(points).encode(x=x)
    ideal = alt.Chart(pl.DataFrame({"chance": [2e-5, 1.0], "entered": [2e-5, 1.0]}))
    chart = (
        ideal.mark_line(color="grey", strokeDash=[4, 3]).encode(x="chance", y="entered")
        + base.mark_rule().encode(
            y=alt.Y("low", title="share entered", scale=scale, axis=axis), y2="high"
        )
        + base.transform_filter("datum.entered > 0").mark_point(filled=True, size=60).encode(
            y=alt.Y("entered", scale=scale, axis=axis)
        )
    ).properties(width=360, height=300, title="Chance to be in a wave, and what was entered")  # fmt: skip
    write_atomic(
        PROOF / "precedents-chances.svg", vl_convert.vegalite_to_svg(chart.to_dict()) + "\n"
    )


def when_part(found: Score) -> str:
    """Now or later, and how many a year."""
    chances, pace = found.when["now_or_later"], found.when["markets_a_year"]
    now = table(
        ("order", "chance that the one entered now stands first#"),
        [(f"`{name}`" if name != "model" else "**model**", f"{value:.3f}")
         for name, value in chances.items()],
    )  # fmt: skip
    counted = pace["counted"]
    many = table(
        ("", "log-likelihood, nats a year#", "mean absolute error, markets#"),
        [(name.replace("_", " "), f"{values['log_likelihood']:.3f}",
          f"{values['mean_absolute_error']:.2f}")
         for name, values in pace.items() if name != "counted"],
    )  # fmt: skip
    return f"""### When
Of two markets that a firm finally entered, one now and one later:

{now}

Markets entered in a year, full firms, each foretold by the others, {counted["firms"]:.0f} firms and {counted["years"]:.0f} years:

{many}"""


def page(found: Score, split: Score) -> str:
    """All of it."""
    full, listed = found.by_coverage["full"], found.by_coverage["listed"]
    fewest = sum(f["entries"] >= FEWEST_ENTRIES for f in found.firms.values())
    strongest = full["baselines"][STRONGEST]
    after = split.by_coverage["full"]
    return f"""# Precedents: which market next, and when

`python studies/precedents.py` writes this page. {inputs(INPUTS)} The tables stay where they are: about
half of their dates rest on pages read, a quarter on inference, a quarter on memory (`ENTRIES.md`
beside them). What the model is and what the metrics are: [precedents.md](../precedents.md).

## Each firm foretold by the others
`beachhead precedents score --entries entries.csv --firms firms.csv`: {found.waves} waves with {found.entries}
entries.

### Firms whose list is full
The means are over firms with at least {FEWEST_ENTRIES} scored entries. Last column: log-likelihood, with an
interval of 95 % from resampling firms and their waves. A baseline has no chances of its own: they
are those of a conditional logit in its score, its one weight (two for `gravity_fitted`, of GDP and
of distance) fitted to the other firms.

{compare(full["model"], full["baselines"])}

Against `{STRONGEST}`: AUC {gain(strongest, "auc")}, precision {gain(strongest, "precision_at_wave")},
MRR {gain(strongest, "mrr")}.

### All {fewest} firms with enough entries
Among them those of which only the listed markets are candidates.

{compare(found.model, found.baselines)}

Those alone: AUC {listed["model"]["auc"]:.3f}, `{STRONGEST}` {listed["baselines"][STRONGEST]["auc"]:.3f}; log-likelihood
{listed["model"]["log_likelihood"]:.3f} and {listed["baselines"][STRONGEST]["log_likelihood"]:.3f}.

### Each firm
{firms_part(found)}

### Chances
The chance of a market to be in a wave of the size that it had, all scored waves:

{chances_part(found)}

![Chance to be in a wave, and what was entered](precedents-chances.svg)

Bars: 90 % intervals of the share; no dot where none was entered.

{when_part(found)}

## Split in time
`beachhead precedents fit --entries entries.csv --firms firms.csv --before {SPLIT} -o before.json`, and
`beachhead precedents score --entries entries.csv --firms firms.csv --model before.json --since {SPLIT}`:
a model that has seen nothing of {SPLIT} and later, on the waves since then ({split.waves} with {split.entries}
entries), the orders beside it fitted to earlier waves too. Firms may be in both, with what they did
before.

### Firms whose list is full
{compare(after["model"], after["baselines"])}

### All firms with enough entries
{compare(split.model, split.baselines)}
"""


def main() -> None:
    """Score twice, draw, write."""
    panel = load_panel()
    histories = read_histories(INPUTS[0], panel, INPUTS[1])
    found = score(histories, panel)
    split = score(histories, panel, fit(histories, panel, before=SPLIT), since=SPLIT)
    draw(found)
    write_atomic(PROOF / "precedents.md", page(found, split))


if __name__ == "__main__":
    main()
