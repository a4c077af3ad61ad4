"""Waves, the markets among which they chose, and what could be seen then."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from beachhead.data import Panel
from beachhead.evidence.atlas import see
from beachhead.evidence.covariates import TERMS, covariates
from beachhead.evidence.entries import History, Move
from beachhead.evidence.waves import find_waves, stand_before


def history(*moves: tuple[str, int] | tuple[str, int, str], **facts: object) -> History:
    events = tuple(
        Move(iso3, year, None, (*event, "entry")[0]) for iso3, year, *event in moves
    )  # fmt: skip
    return replace(History("A", "", "SWE", events), **facts)


def codes(panel: Panel, one: History, year: int) -> set[str]:
    wave = stand_before(one, panel, year)
    return {wave.atlas.codes[k] for k in wave.risk}


def test_risk_set_is_without_home_entered_left_and_undated_markets(panel: Panel) -> None:
    firm = history(
        ("NOR", 2008), ("JPN", 2009), ("JPN", 2010, "exit"), ("FRA", 0, "undated"), ("DEU", 2012)
    )  # fmt: skip
    left = codes(panel, firm, 2012)
    assert not left & {"SWE", "NOR", "JPN", "FRA"}
    assert {"DEU", "USA", "TWN"} <= left
    assert "VIR" not in left  # nobody knows how many people live there
    wave = stand_before(firm, panel, 2012)
    assert [wave.atlas.codes[k] for k in wave.served] == ["NOR"]
    assert [wave.atlas.codes[k] for k in wave.risk[wave.entered]] == ["DEU"]
    listed = replace(firm, coverage="listed")
    assert codes(panel, listed, 2012) == {"DEU"}


def test_what_is_scored_follows_the_rules(panel: Panel) -> None:
    firm = history(("NOR", 2004), ("DNK", 2005), ("DEU", 2005), ("FIN", 2006), ("USA", 2010))
    scored = {wave.year: wave.scored for wave in find_waves([firm], panel)}
    assert scored == {2004: False, 2005: False, 2006: True, 2010: True}
    first = history(("NOR", 2009), ("FIN", 2010), ("USA", 2011))
    scored = {wave.year: wave.scored for wave in find_waves([first], panel)}
    assert scored == {2009: False, 2010: False, 2011: True}
    until = replace(firm, score_until=2008)
    assert [wave.year for wave in find_waves([until], panel) if wave.scored] == [2006]


def test_a_wave_that_takes_nearly_all_is_left_out(panel: Panel) -> None:
    known = [iso3 for iso3, seen in zip(panel.codes, see(panel, 2015).known, strict=True) if seen]
    many = [iso3 for iso3 in known if iso3 not in ("SWE", "NOR", "DNK")]
    rest = [(iso3, 2015) for iso3 in many[: int(0.39 * len(many))]]
    assert len(find_waves([history(("NOR", 2009), ("DNK", 2010), *rest)], panel)) == 3
    rest = [(iso3, 2015) for iso3 in many[: int(0.42 * len(many))]]
    assert len(find_waves([history(("NOR", 2009), ("DNK", 2010), *rest)], panel)) == 2


def test_nothing_of_the_year_itself_or_later_is_seen(
    panel: Panel, invented: tuple[History, ...]
) -> None:
    year = 2012
    later = pl.col("year") >= year
    poisoned = replace(
        panel, figures=panel.figures.with_columns(
            pl.when(later).then(pl.col("value") * 7.0 + 1.0).otherwise("value").alias("value")
        ),
    )  # fmt: skip
    for one in invented[:4]:
        moved = tuple(
            replace(move, iso3="MNG" if k % 2 else "PRY") if move.year >= year else move
            for k, move in enumerate(one.moves)
        )
        clean, dirty = stand_before(one, panel, year), stand_before(
            replace(one, moves=moved), poisoned, year
        )  # fmt: skip
        assert np.array_equal(clean.risk, dirty.risk)
        assert np.array_equal(clean.served, dirty.served)
        assert np.array_equal(covariates(clean), covariates(dirty))
        after = covariates(stand_before(one, poisoned, year + 1))
        assert not np.array_equal(after, covariates(stand_before(one, panel, year + 1)))


def test_terms_say_what_they_mean(panel: Panel) -> None:
    firm = history(("NOR", 2009), ("DEU", 2011))
    wave = stand_before(firm, panel, 2012)
    at = {wave.atlas.codes[k]: row for row, k in enumerate(wave.risk)}
    value = {term.key: term.measure(wave) for term in TERMS}
    assert value["near"][at["POL"]] == pytest.approx(
        np.log(_kilometres(panel, "POL", "DEU")), rel=1e-6
    )
    # Germany was entered a year ago, Norway three: Austria lies with the one, Denmark the other.
    assert value["recent"][at["AUT"]] == pytest.approx(np.log1p(1.0))
    assert value["recent"][at["DNK"]] == pytest.approx(np.log1p(np.exp(-1.0)))
    assert value["recent"][at["PER"]] == 0.0
    assert value["law"][at["DNK"]] == 1.0 and value["law"][at["PER"]] == 0.0
    assert np.isfinite(covariates(wave)).all()


def _kilometres(panel: Panel, one: str, other: str) -> float:
    pair = panel.pairs.filter((pl.col("iso3") == one) & (pl.col("partner") == other))
    return float(pair["people_km"][0])
