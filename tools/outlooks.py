"""Write the forecasts of people online that come with the program, for every day of its panel.

    python tools/outlooks.py

What is visible changes when a year's figures are published: each of these days makes a forecast
of its own, from nothing later. Minutes; to be run again after `data build`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from beachhead.calibration.histories import WINNERS, read_histories
from beachhead.calibration.outlook import MADE, ONLINE, compute, digest
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.files import write_atomic

TARGET = Path(__file__).parents[1] / "src" / "beachhead" / "calibration" / MADE
YEARS = range(2007, 2031)


def main() -> None:
    """Forecast once for each set of visible figures."""
    method, made = WINNERS[ONLINE], {}
    for year in YEARS:
        for month in range(1, 13):
            panel = load_panel(date(year, month, 28))
            try:
                key = digest(read_histories(panel, ONLINE), panel, method)
                if key not in made:
                    made[key] = compute(panel, method)
                    print(panel.as_of, key, made[key].height, flush=True)
            except InputError:  # too few years
                continue
    tables = [table.with_columns(pl.lit(key).alias("digest")) for key, table in made.items()]
    write_atomic(TARGET, lambda file: pl.concat(tables).write_parquet(file, compression="zstd"))


if __name__ == "__main__":
    main()
