from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.data import load_panel
from beachhead.distance import (
    SCALES,
    WEIGHTS,
    administration,
    composite,
    geography,
    income,
    institutions,
    language,
)
from beachhead.errors import InputError

PANEL = load_panel("2013-03-31")
nan = float("nan")


def test_geography_is_log_distance() -> None:
    got = geography(np.array([0.0, 1000.0, 20_000.0, nan]))
    np.testing.assert_allclose(got, [0.0, math.log(2), math.log(21), nan], rtol=1e-15)


def test_language() -> None:
    business = np.array([True, True, False, False, False])
    spoken = np.array([0.0, nan, 1.0, 0.0, nan])
    assert language(business, spoken).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_institutions_is_the_root_of_kogut_singh_with_unit_variances() -> None:
    rng = np.random.default_rng(7)
    home, others = rng.normal(size=6), rng.normal(size=(40, 6))
    kogut_singh = ((others - home) ** 2 / 1.0).mean(axis=1)
    np.testing.assert_allclose(institutions(home, others) ** 2, kogut_singh, rtol=1e-12)
    covariance = np.eye(6)
    mahalanobis = [math.sqrt((x - home) @ np.linalg.inv(covariance) @ (x - home)) for x in others]
    np.testing.assert_allclose(
        institutions(home, others), np.array(mahalanobis) / math.sqrt(6), rtol=1e-12
    )


def test_institutions_over_what_is_known() -> None:
    home = np.array([0.0, 1.0, nan])
    others = np.array([[1.0, nan, 5.0], [nan, nan, 1.0]])
    np.testing.assert_allclose(institutions(home, others), [1.0, nan])


def test_income_has_no_sign() -> None:
    got = income(10_000.0, np.array([10_000.0, 20_000.0, 5_000.0, nan]))
    np.testing.assert_allclose(got, [0.0, math.log(2), math.log(2), nan])


def test_administration_counts_absent_ties() -> None:
    got = administration(
        np.array([1.0, 0.0, nan, nan]), np.array([1.0, 1.0, 0.0, nan]), np.array([1.0, 0, 1, nan])
    )
    np.testing.assert_allclose(got, [0.0, 2 / 3, 0.5, nan])


def test_composite_is_the_weighted_mean_of_its_columns() -> None:
    frame = composite(PANEL, "CHN", PANEL.codes)
    full = frame.filter(note="")
    assert full.height > 190
    mean = sum(WEIGHTS[name] * full[name] for name in WEIGHTS) / sum(WEIGHTS.values())
    np.testing.assert_allclose(full["distance"], mean, rtol=1e-12)
    assert (full["known"] > 1 - 1e-12).all()


def test_home_is_at_no_distance() -> None:
    row = composite(PANEL, "IND", ["IND", "LKA"])
    assert row["distance"][0] == 0.0
    assert row["distance"][1] > 0.0


def test_missing_components_are_said_and_left_out() -> None:
    row = composite(PANEL, "CHN", ["GIB"]).row(0, named=True)
    assert row["note"] == "no institutions, no income"
    assert row["institutions"] is None
    assert row["known"] == pytest.approx(0.6)
    known = [row[name] for name in ("geography", "language", "administration")]
    assert row["distance"] == pytest.approx(sum(known) / 3)


def test_one_unit_is_one_standard_deviation_of_the_worlds_pairs() -> None:
    panel = load_panel("2024-06-30")
    homes = panel.codes[::6]
    pairs = pl.concat(
        composite(panel, home, [other for other in panel.codes if other != home]) for home in homes
    )
    for name in SCALES:
        assert pairs[name].std() == pytest.approx(1.0, abs=0.08), name


def test_trade_bloc_counts_from_its_date_only() -> None:
    before, after = load_panel("2013-06-30"), load_panel("2013-07-01")
    one, two = (composite(panel, "SVN", ["HRV"])["administration"][0] for panel in (before, after))
    assert one - two == pytest.approx((1 / 3) / SCALES["administration"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PANEL.codes), min_size=1, max_size=12, unique=True), st.data())
def test_distance_does_not_depend_on_who_else_is_asked_for(markets: list[str], data) -> None:
    home = data.draw(st.sampled_from(PANEL.codes))
    together = composite(PANEL, home, markets)
    alone = pl.concat(composite(PANEL, home, [market]) for market in markets)
    assert together.equals(alone)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PANEL.codes), st.sampled_from(PANEL.codes))
def test_distance_is_symmetric(one: str, other: str) -> None:
    there, back = composite(PANEL, one, [other]), composite(PANEL, other, [one])
    assert there["note"].to_list() == back["note"].to_list()
    numbers = ["distance", *WEIGHTS, "known"]
    one_way, other_way = (frame.select(numbers).fill_null(-1.0) for frame in (there, back))
    assert one_way.row(0) == pytest.approx(other_way.row(0), rel=1e-12)


def test_no_markets_and_unknown_markets() -> None:
    assert composite(PANEL, "CHN", []).is_empty()
    with pytest.raises(InputError, match="no market 'XYZ'"):
        composite(PANEL, "CHN", ["XYZ"])
    with pytest.raises(InputError, match="no market 'XYZ'"):
        composite(PANEL, "XYZ", ["CHN"])
