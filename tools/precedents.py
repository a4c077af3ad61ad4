"""Write the model of precedents that comes with the program, from a table of entries.

    python tools/precedents.py entries.csv firms.csv

Rows whose source is a compiler's memory are no facts to be passed on: an entry that rests on one
becomes undated, so that its market is neither a yes nor a no, and the other moves of that market
fall away.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from pathlib import Path

from beachhead.data import load_panel
from beachhead.evidence import fit, read_histories, save

MEMORY = "general knowledge, unverified"
TARGET = Path(__file__).parents[1] / "src" / "beachhead" / "evidence" / "precedents.json"


def keep_sourced(text: str) -> str:
    """The table without what rests on memory."""
    rows = list(csv.DictReader(io.StringIO(text)))
    place = [(row["firm"], row["iso3"]) for row in rows]
    unsure = {
        where
        for where, row in zip(place, rows, strict=True)
        if row["event"] == "entry" and row["source"].startswith(MEMORY)
    }
    kept = []
    for where, row in zip(place, rows, strict=True):
        if where in unsure:
            if row["event"] == "entry":
                kept.append(row | {"year": "", "month": "", "event": "undated"})
        elif not row["source"].startswith(MEMORY):
            kept.append(row)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return out.getvalue()


def main() -> None:
    """Fit and write."""
    entries, firms = map(Path, sys.argv[1:])
    panel = load_panel()
    with tempfile.TemporaryDirectory() as folder:
        sourced = Path(folder) / "entries.csv"
        sourced.write_text(keep_sourced(entries.read_text("utf-8")), "utf-8")
        model = fit(read_histories(sourced, panel, firms), panel)
    save(model, TARGET)
    print(f"{TARGET}: {model.made}, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
