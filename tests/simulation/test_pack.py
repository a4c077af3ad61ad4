"""The door between labels and arrays, and what must not pass through it."""

from datetime import date
from pathlib import Path

import jax
import numpy as np
import polars as pl
import pytest

from beachhead.cases import Case, Entry, Schedule
from beachhead.cases.case import Distance
from beachhead.cases.presets import economics_of
from beachhead.data import Panel, load_panel
from beachhead.data.build import PACKAGED
from beachhead.data.series import SERIES, newest_year
from beachhead.distance import composite
from beachhead.simulation.pack import Packed, pack
from beachhead.simulation.state import NEVER

AS_OF = date(2015, 3, 31)


@pytest.fixture(scope="module")
def early() -> Case:
    """The bundled case of 2013 with every market, asked two years later."""
    return Case.load("xiaomi-2013").model_copy(update={"as_of": AS_OF})


@pytest.fixture(scope="module")
def known(early: Case) -> Packed:
    return pack(early, load_panel(as_of=AS_OF))


def poison(folder: Path, *, drop: bool) -> None:
    """Write the packaged panel to `folder`, with all that came after AS_OF changed or gone."""
    newest = {series.key: newest_year(series, AS_OF) for series in SERIES}
    tables = {path.stem: pl.read_parquet(path) for path in sorted(PACKAGED.glob("*.parquet"))}
    later = pl.col("year") > pl.col("series").replace_strict(newest)
    joined, left = pl.col("start") > AS_OF, pl.col("end") > AS_OF
    figures, blocs = tables["figures"], tables["blocs"]
    assert figures.filter(later).height > 1000 and blocs.filter(joined).height > 0
    if drop:
        tables["figures"] = figures.filter(~later)
        tables["blocs"] = blocs.filter(~joined).with_columns(
            pl.when(left).then(None).otherwise("end").alias("end")
        )
    else:
        tables["figures"] = figures.with_columns(
            pl.when(later).then(pl.col("value") * 3.0 + 1.0).otherwise("value").alias("value")
        )
        tables["blocs"] = blocs.with_columns(
            pl.when(joined).then(pl.lit("ASEAN")).otherwise("bloc").alias("bloc")
        )
    folder.mkdir()
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")


@pytest.mark.parametrize("drop", [False, True])
def test_what_was_published_later_changes_nothing(
    early: Case, known: Packed, tmp_path: Path, drop: bool
) -> None:
    poison(tmp_path / "panel", drop=drop)
    seen = pack(early, load_panel(as_of=AS_OF, folder=tmp_path / "panel"))
    assert seen.markets == known.markets
    assert seen.options == known.options
    assert seen.facts.notes == known.facts.notes
    for ours, theirs in zip(
        jax.tree.leaves(seen.problem), jax.tree.leaves(known.problem), strict=True
    ):
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()


def test_what_was_published_before_does_change_it(early: Case, known: Packed) -> None:
    """The test above would also pass if nothing were read at all."""
    older = pack(early, load_panel(as_of=date(2012, 3, 31)))
    assert not np.array_equal(older.problem.income, known.problem.income)


def test_every_array_is_whole(known: Packed) -> None:
    """No hole reaches the kernel but the one that it knows how to fill."""
    for name, value in known.problem._asdict().items():
        for leaf in jax.tree.leaves(value):
            if name not in ("owners_share", "agreed_loss"):
                assert np.isfinite(leaf).all(), name
    ways = known.problem.options
    assert ((ways.reach >= 0) & (ways.reach <= ways.reach_full) & (ways.reach_full <= 1)).all()
    assert known.problem.home.sum() == 1.0 and known.problem.home[0] == 1.0
    assert (known.problem.landed >= 1.0).all()
    assert known.problem.landed[0] == 1.0


def test_schedule_comes_back_from_arrays(case: Case, panel: Panel) -> None:
    packed = pack(case, panel)
    mode, level = packed.options[-2]
    first, first_level = packed.options[0]
    schedule = Schedule(
        entries=(
            Entry(iso3="TUR", quarter=3, mode=mode, localisation=level),  # type: ignore[arg-type]
            Entry(iso3="GEO", quarter=11, mode=first, localisation=first_level),  # type: ignore[arg-type]
        )
    )
    enter, option = packed.encode(schedule)
    assert (enter == NEVER).sum() == len(packed.markets) - 2
    assert packed.decode(enter, option) == schedule


def test_markets_stand_home_first_then_served_then_by_code(case: Case, panel: Panel) -> None:
    packed = pack(case, panel)
    assert packed.markets == ("SVN", "AUT", "HRV", "ARE", "CYP", "GEO", "ISR", "TUR")
    assert (packed.problem.entered < 0).sum() == 3
    assert not packed.problem.options.allowed[:3].any()
    assert packed.problem.options.allowed[3:].any(axis=1).all()


def test_distance_is_the_one_that_the_case_asks_for(early: Case, known: Packed) -> None:
    asked = Distance(culture=("hdi",), weights={"culture": 2.0, "income": 1.0})
    panel = load_panel(as_of=AS_OF)
    changed = pack(early.model_copy(update={"distance": asked}), panel)
    assert changed.markets == known.markets
    far = composite(panel, "CHN", changed.markets, cultural=["hdi"], weights=asked.weights)
    at = changed.markets.index("IND")
    assert changed.facts.distance[at] == far["distance"][at] != known.facts.distance[at]


def test_how_the_firm_would_enter_says_nothing_of_how_it_sells_at_home() -> None:
    """Home keeps its own channel, product and visibility, whichever modes are allowed."""
    case = Case.load("small-exporter")
    panel = load_panel(as_of=case.as_of)
    turned = case.modes.model_copy(
        update={"allowed": case.modes.allowed[::-1], "localisation": (1.0, 0.0)}
    )
    for asked in (case, case.model_copy(update={"modes": turned})):
        problem = pack(asked, panel).problem
        way = problem.option[0]
        assert not problem.options.allowed[:, way].any()
        assert problem.options.fee[way] == 0.12
        assert problem.options.localisation[way] == 0.0
        assert problem.options.intensity[way] == 1.0


def test_costs_are_shares_of_what_the_firm_takes_over_all_its_markets(
    case: Case, panel: Panel
) -> None:
    """By the roots of their sizes home and served markets share the revenue out among them."""
    preset, packed = economics_of(case), pack(case, panel)
    ways, sold = packed.problem.options, packed.problem.entered < 0
    mode = packed.options[0][0]
    scale = ways.estimate[:, 0] / preset.modes[mode].entry
    scale[0] = ways.fixed[0, packed.problem.option[0]] / preset.economics.home_fixed
    assert scale[sold].sum() == pytest.approx(case.firm.revenue, rel=1e-12)
    root = np.sqrt(packed.facts.potential / packed.facts.potential[0])
    np.testing.assert_allclose(scale / scale[0], root, rtol=1e-12)


def test_before_any_tariff_was_published_none_is_levied() -> None:
    case = Case.load("small-exporter").model_copy(update={"as_of": date(2007, 12, 31)})
    firm = case.firm.model_copy(update={"served": (), "entered_home": 2000})
    early = case.model_copy(update={"firm": firm})
    packed = pack(early, load_panel(as_of=early.as_of))
    noted = {market for market, what, _ in packed.facts.notes if "tariff" in what}
    assert noted == set(packed.markets)
    assert not packed.facts.tariff.any() and np.isfinite(packed.problem.landed).all()
