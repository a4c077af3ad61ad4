"""Writes docs/proof/replay.md: every replay of the study, from tables in ../shared/data.

`python studies/replay.py` runs what has not been run yet on these tables, two replays at a
time, and writes the page from what there is, saying what was not run; `python studies/replay.py
NAME ...` runs only those, and `python studies/replay.py --page` none. The tables stay where they
are: the page holds what they teach. BEACHHEAD_SHARED names another folder with them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import NamedTuple

from beachhead._version import __version__
from beachhead.evidence.confront import TRUE
from beachhead.evidence.order import Order
from beachhead.evidence.replay import FITTED, Replay
from beachhead.reporting.replay import write_markdown, write_table
from beachhead.reporting.tables import Table
from beachhead.reporting.words import GLUE, count, percent

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("BEACHHEAD_SHARED", ROOT / ".." / "shared" / "data"))
PAGE = ROOT / "docs" / "proof" / "replay.md"
RUNS = ROOT / "runs" / "replay"
LARGEST = ("--largest", "30", "--effort", "standard")  # some minutes each, of 215 candidates more
AT_ONCE = 2  # replays, each of which keeps about one core busy
FEWER = ("--largest", "8")  # where some twenty plans are made, at the smallest effort
TABLES = ("entries.csv", "firms.csv", "xiaomi_facts.csv")
FACTS = ("--facts", "DATA/xiaomi_facts.csv")


class Row(NamedTuple):
    """A replay: its name, what it shows, and the arguments of the command."""

    name: str
    words: str
    arguments: tuple[str, ...]


def _from_presets(name: str, firm: str, year: int, words: str) -> Row:
    return Row(name, words, ("--firm", firm, "--as-of", f"{year}-12-31", *LARGEST))


ROWS = (
    Row("xiaomi-2013", "the case as it comes with the program", ("xiaomi-2013", *FACTS, *LARGEST)),
    Row(
        "xiaomi-2013-sourced",
        "own figures of markets only where read in a source",
        ("xiaomi-2013", *FACTS, *LARGEST, "--sourced"),
    ),
    Row("xiaomi-2013-presets", "presets alone", ("xiaomi-2013", *FACTS, *LARGEST, "--presets")),
    Row("xiaomi-2018", "five years later", ("xiaomi-2018", *FACTS, *LARGEST)),
    _from_presets("oneplus-2014", "OnePlus", 2014, "another maker of phones, presets alone"),
    _from_presets("spotify-2012", "Spotify", 2012, "music streaming, presets alone"),
    _from_presets("ikea-2010", "IKEA", 2010, "furniture shops, presets alone"),
    _from_presets("inditex-2007", "Inditex", 2007, "fashion shops, presets alone"),
    _from_presets("decathlon-2011", "Decathlon", 2011, "sports shops, presets alone"),
    _from_presets("amazon-2012", "Amazon", 2012, "online shops, presets alone"),
    Row(
        "mechanisms",
        "each mechanism off in turn",
        ("xiaomi-2013", *FACTS, *FEWER, "--mechanisms"),
    ),
)


def main(asked: list[str]) -> None:
    """Run what is asked for, or all that is missing, and write the page."""
    hashes = {name: hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in TABLES}
    if asked != ["--page"]:
        wanted = [r for r in ROWS if r.name in asked or not (asked or _is_there(r, hashes))]
        with ThreadPoolExecutor(AT_ONCE) as pool:  # the last row, which takes longest, first
            list(pool.map(lambda row: _run(row, hashes), wanted[::-1]))
    _write(hashes)


def _run(row: Row, hashes: dict[str, str]) -> None:
    command = [
        sys.executable, "-c", "from beachhead.cli import main; main()", "replay",
        *(part.replace("DATA", str(DATA)) for part in row.arguments),
        "--entries", str(DATA / "entries.csv"), "-o", str(RUNS / row.name),
    ]  # fmt: skip
    print(f"{row.name}: {_tell(row)}", flush=True)
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        print(f"{row.name}: failed, see above; the page goes without it", file=sys.stderr)
        return
    stamp = {"run": date.today().isoformat(), "command": _tell(row), "tables": hashes}
    (RUNS / row.name / "stamp.json").write_text(json.dumps(stamp, indent=2) + "\n", "utf-8")


def _tell(row: Row) -> str:
    """The command as a reader would type it."""
    given = [part.replace("DATA", "../shared/data") for part in row.arguments]
    return shlex.join(["beachhead", "replay", *given, "--entries", "../shared/data/entries.csv"])


def _is_there(row: Row, hashes: dict[str, str]) -> bool:
    stamp = RUNS / row.name / "stamp.json"
    if not stamp.is_file():
        return False
    told = json.loads(stamp.read_text("utf-8"))
    return bool(told["tables"] == hashes and told["command"] == _tell(row))


def _write(hashes: dict[str, str]) -> None:
    made = {
        row.name: Replay.from_json((RUNS / row.name / "replay.json").read_text("utf-8"))
        for row in ROWS
        if _is_there(row, hashes)
    }
    days = {
        name: json.loads((RUNS / name / "stamp.json").read_text("utf-8"))["run"] for name in made
    }
    missing = [row for row in ROWS if row.name not in made]
    lines = [
        "# Replays: plans of past dates against what happened",
        "",
        "Made by `python studies/replay.py`, which needs the tables named below and runs each "
        "command at the end of its row. How to read it: [replay.md](../replay.md). What was missed "
        "stands beside what was caught, in every row.",
        "",
        f"Version {__version__}. Tables (SHA-256): "
        + "; ".join(f"`{name}` {digest[:16]}" for name, digest in hashes.items())
        + ".",
        "",
    ]
    if missing:
        names = "; ".join(f"{row.name} ({row.words})" for row in missing)
        lines += [f"**Not there: not run yet, or failed:** {names}.", ""]
    lines += ["## All rows", "", *write_table(_summarise(made)), ""]
    lines += [
        "First n: share of the first n of the order that were entered within the time, n as many "
        "as were, among the judged; AUC: chance that a market entered stands before one that was "
        "not. Best named: the named strategy of the highest AUC, in hindsight. At random: nine in "
        "ten orders drawn at random.",
        "",
    ]
    lines += [
        "Value by the model, on the same futures, as what each adds to staying at home over what "
        "the plan adds; and how figures and targets came out, with the true entries.",
        "",
        *write_table(_weigh(made)),
        "",
    ]
    for row in ROWS:
        if row.name in made:
            lines += [f"## {row.name}: {row.words}", ""]
            lines += [f"`{_tell(row)}`, run on {days[row.name]}.", ""]
            lines += [write_markdown(made[row.name], level=3), ""]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(lines).rstrip().replace(GLUE, " ") + "\n", "utf-8")


def _summarise(made: dict[str, Replay]) -> Table:
    heads = (
        "row", "time", "entered of judged#", "caught, missed, wrong, not known#", "tau of plan#",
        "first n: plan#", "best named#", "screening#", "size over distance#", "at random",
        "AUC: plan#", "best named#", "screening#", "size over distance#", "at random",
    )  # fmt: skip
    rows = []
    for name, found in made.items():
        orders = {order.name: order for order in found.orders}
        named = [o for o in found.orders if o.name in _STRATEGIES]
        kinds = [0, 0, 0, 0]
        for met in found.markets:
            kinds[0 if met.true and met.planned else 1 if met.true else 2 if met.judged else 3] += 1
        for k, window in enumerate(found.orders[0].within):
            best = max(named, key=lambda o: o.within[k].auc or 0.0, default=None)
            ways = [orders["plan"], best, orders["screening"], orders["size over distance"]]
            rows.append(
                (
                    name if k == 0 else "",
                    f"{window.quarters / 4:g} years",
                    f"{window.entered} of {window.judged}",
                    ", ".join(map(str, kinds)) if k == 0 else "",
                    _two(orders["plan"].tau) if k == 0 else "",
                    *(_first(way, k) for way in ways),
                    _spread(found.chance.precision[k]),
                    *(_two(way.within[k].auc) if way else "–" for way in ways),
                    _spread(found.chance.auc[k]),
                )
            )
    return Table(heads, tuple(rows))


def _weigh(made: dict[str, Replay]) -> Table:
    heads = (
        "row", "plan adds#", "true entries#", "as the limits allow#", "best named strategy#",
        "figures inside#", "above#", "below#", "targets met#", "Brier: plan#", "even odds#",
        "base rate#",
    )  # fmt: skip
    rows = []
    for name, found in made.items():
        adds = {one.name: one.adds for one in found.confronted.priced}
        plan = adds["plan"]
        best = max(adds[one] for one in _STRATEGIES if one in adds)
        fans = [fan for fan in found.confronted.fans if fan.under == TRUE]
        odds = [one for one in found.confronted.odds if one.met is not None]
        marks = {one.name: f"{one.brier:.3f}" for one in found.confronted.marks}

        def over(value: float, plan: float = plan) -> str:
            return percent(value / plan) if plan > 0 else "–"

        rows.append(
            (
                name,
                count(plan),
                over(adds[TRUE]),
                over(adds[FITTED]),
                over(best),
                f"{sum(fan.inside for fan in fans)} of {len(fans)}" if fans else "–",
                str(sum(fan.outcome > fan.high for fan in fans)) if fans else "–",
                str(sum(fan.outcome < fan.low for fan in fans)) if fans else "–",
                f"{sum(bool(one.met) for one in odds)} of {len(odds)}" if odds else "–",
                *(marks.get(key, "–") for key in ("plan", "even odds", "base rate")),
            )
        )
    return Table(heads, tuple(rows))


_STRATEGIES = ("waterfall", "sprinkler", "biggest first", "best score first")


def _first(order: Order | None, k: int) -> str:
    value = None if order is None else order.within[k].precision
    return "–" if value is None else percent(value)


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _spread(spread: tuple[float, float, float] | None) -> str:
    return "–" if spread is None else f"{spread[0]:.2f} to {spread[2]:.2f}"


if __name__ == "__main__":
    main(sys.argv[1:])
