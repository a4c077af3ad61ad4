"""docs/data.md says what the declarations say."""

from __future__ import annotations

from pathlib import Path

from beachhead.data import INCOME_CLASSES, SERIES, Series, load_panel
from beachhead.data.series import LEFT_OUT
from beachhead.data.update import FORMER_CODES, LEAST_SHARE
from beachhead.distance import SCALES, WEIGHTS
from beachhead.screening import CRITERIA, LEAST_COVERAGE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")


def tell_refresh(series: Series) -> str:
    if series.growth_of:
        return f"with `{series.growth_of}`"
    return ", else ".join(series.codes) or "no"


def test_series_table() -> None:
    rows = [
        f"| `{s.key}` | {s.words} | {s.unit} | {s.source} | {s.licence} | {s.lag} | {s.lag_reason} "
        f"| {s.better} | {tell_refresh(s)} | {s.caution} |"
        for s in SERIES
    ]
    shown = [line for line in TEXT.splitlines() if line.startswith("| `") and line.count("|") == 11]
    assert shown == rows


def test_criteria_table() -> None:
    rows = [
        f"| `{c.key}` | {c.words} | {c.unit} | {c.low:g} | {c.high:g} | {c.transform} "
        f"| {c.weight:g} |"
        for c in CRITERIA
    ]
    shown = [line for line in TEXT.splitlines() if line.startswith("| `") and line.count("|") == 8]
    assert shown == rows
    assert f"less than {LEAST_COVERAGE:.0%} of the weights" in TEXT


def test_distance_table() -> None:
    for name in WEIGHTS:
        assert f"\n| {name} | " in TEXT, name
    for scale in SCALES.values():
        assert f" | {scale:.2f} |" in TEXT
    assert len(set(WEIGHTS.values())) == 1, "the page says that all weigh alike"


def test_columns_of_the_tables_are_described() -> None:
    panel = load_panel()
    for frame in (panel.figures, panel.markets, panel.pairs, panel.blocs):
        for column in frame.columns:
            assert f"`{column}`" in TEXT, column


def test_blocs_classes_and_what_was_left_out_are_named() -> None:
    for bloc in load_panel().bloc_names:
        assert f"`{bloc}`" in TEXT, bloc
    for bound, name in INCOME_CLASSES:
        assert f"`{name}` from {bound:,.0f}" in TEXT, name
    for key, reason in LEFT_OUT.items():
        assert f"`{key}`" in TEXT
        assert reason in TEXT


def test_every_publisher_is_credited() -> None:
    for publisher in ("World Development Indicators", "Worldwide Governance Indicators",
                      "Gapminder", "World Population Prospects", "Human Development",
                      "CEPII", "World Factbook", "Natural Earth"):  # fmt: skip
        assert publisher in NOTICE, publisher


def test_refreshing() -> None:
    assert f"less than {LEAST_SHARE:.0%} of the economies or figures" in TEXT
    for code, iso3 in FORMER_CODES.items():
        assert f"`{code}` ({load_panel().name(iso3)})" in TEXT
