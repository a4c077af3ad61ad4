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
    blocs,
    composite,
    culture,
    describe_pair,
    geography,
    income,
    institutions,
    language,
)
from beachhead.distance.components import measure
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
    got = administration(np.array([1.0, 0.0, nan, nan]), np.array([1.0, 1.0, 0.0, nan]))
    np.testing.assert_allclose(got, [0.0, 0.5, 1.0, nan])


def test_blocs() -> None:
    assert blocs(np.array([0.0, 1.0, 3.0])).tolist() == [1.0, 0.0, 0.0]


def test_culture_is_the_root_of_kogut_and_singh() -> None:
    scores = np.array([[1.0, 10.0], [2.0, 14.0], [4.0, nan], [nan, nan]])
    variances = np.array([2.0, 4.0])
    got = culture(scores[0], scores[1:], variances)
    index = [((2 - 1) ** 2 / 2 + (14 - 10) ** 2 / 4) / 2, (4 - 1) ** 2 / 2 / 1, nan]
    np.testing.assert_allclose(got**2, index)
    # The index over n columns is the squared Mahalanobis distance without covariances, over n.
    inverse = np.diag(1 / variances)
    gap = scores[1] - scores[0]
    assert got[0] ** 2 == pytest.approx(gap @ inverse @ gap / 2)


def test_column_that_does_not_vary_says_nothing_of_culture() -> None:
    got = culture(np.array([1.0, 3.0]), np.array([[2.0, 3.0]]), np.array([4.0, 0.0]))
    np.testing.assert_allclose(got, [0.5])


def test_variances_of_culture_are_over_all_markets_not_over_those_asked_for() -> None:
    keys = ["hdi", "urban_pop_pct"]
    wide = composite(PANEL, "CHN", PANEL.codes, cultural=keys)
    narrow = composite(PANEL, "CHN", ["IND"], cultural=keys)
    assert wide.filter(iso3="IND").equals(narrow)
    values = {key: [PANEL.figure(iso3, key).value for iso3 in PANEL.codes] for key in keys}
    variances = [np.var([v for v in values[key] if v is not None], ddof=1) for key in keys]
    gaps = [PANEL.figure("IND", k).value - PANEL.figure("CHN", k).value for k in keys]
    root = math.sqrt(sum(g**2 / v for g, v in zip(gaps, variances, strict=True)) / 2)
    raw = measure(PANEL, keys)["culture"]
    assert raw[PANEL.codes.index("CHN"), PANEL.codes.index("IND")] == pytest.approx(root)
    pairs = raw[np.triu_indices(len(raw), 1)]
    assert narrow["culture"][0] == pytest.approx(root / np.nanstd(pairs))


def test_composite_is_the_weighted_mean_of_its_columns() -> None:
    frame = composite(PANEL, "CHN", PANEL.codes)
    full = frame.filter(note="")
    assert full.height > 190
    mean = sum(full[name] for name in SCALES) / len(SCALES)
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
    assert row["known"] == pytest.approx(4 / 6)
    known = [row[name] for name in ("geography", "language", "administration", "blocs")]
    assert row["distance"] == pytest.approx(sum(known) / 4)


def test_one_unit_is_one_standard_deviation_of_the_worlds_pairs() -> None:
    raw = measure(load_panel("2024-06-30"))
    pairs = {name: matrix[np.triu_indices(len(matrix), 1)] for name, matrix in raw.items()}
    spread = {name: float(np.nanstd(values)) for name, values in pairs.items()}
    # So few pairs share a bloc that a tie which nearly all lack would outweigh everything else.
    assert spread.pop("blocs") < 0.2
    assert SCALES["blocs"] == 0.5
    for name, value in spread.items():
        assert SCALES[name] == pytest.approx(value, abs=0.005), name


def test_weights_of_the_case_choose_and_weigh_the_components() -> None:
    two = composite(PANEL, "CHN", ["IND"], weights={"income": 3.0, "geography": 1.0})
    full = composite(PANEL, "CHN", ["IND"])
    assert [name for name in WEIGHTS if name in two.columns] == ["geography", "income"]
    mean = (3 * full["income"][0] + full["geography"][0]) / 4
    assert two["distance"][0] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("weights", "fault"),
    [
        ({"incom": 1.0}, "no component of distance 'incom'. Did you mean 'income'"),
        ({"income": -1.0}, "the weight of income is -1.0"),
        ({"income": 0.0}, "the weights are all zero"),
        ({"culture": 1.0}, "a weight for culture, of which nothing is known"),
    ],
)
def test_faulty_weights_are_refused(weights: dict[str, float], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        composite(PANEL, "CHN", ["IND"], weights=weights)
    assert fault in str(caught.value)


def test_trade_bloc_counts_from_its_date_only() -> None:
    before, after = load_panel("2013-06-30"), load_panel("2013-07-01")
    one, two = (composite(panel, "SVN", ["HRV"])["blocs"][0] for panel in (before, after))
    assert (one, two) == (1 / SCALES["blocs"], 0.0)


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
    numbers = ["distance", *SCALES, "known"]
    one_way, other_way = (frame.select(numbers).fill_null(-1.0) for frame in (there, back))
    assert one_way.row(0) == pytest.approx(other_way.row(0), rel=1e-12)


def test_no_markets_and_unknown_markets() -> None:
    assert composite(PANEL, "CHN", []).is_empty()
    with pytest.raises(InputError, match="no market 'XYZ'"):
        composite(PANEL, "CHN", ["XYZ"])
    with pytest.raises(InputError, match="no market 'XYZ'"):
        composite(PANEL, "XYZ", ["CHN"])


def test_pair_shows_facts_components_and_composite() -> None:
    pair = describe_pair(PANEL, "India", "UK")
    ties = {tie.component: tie for tie in pair.ties}
    assert list(ties) == ["language", "administration", "institutions", "blocs", "geography",
                          "income"]  # fmt: skip
    terms = [tie.term for tie in pair.ties]
    assert terms == ["cultural", *["administrative"] * 3, "geographic", "economic"]
    assert "languages of business in common: en" in ties["language"].facts
    assert "colonial tie: yes" in ties["administration"].facts
    assert "common border: no" in ties["geography"].facts
    assert any(fact.startswith("between the capitals: 6,7") for fact in ties["geography"].facts)
    assert ties["income"].facts[1] == "ratio: 8.94"
    assert "CEPII" in ties["geography"].source and "WDI" in ties["income"].source
    row = composite(PANEL, "IND", ["GBR"]).row(0, named=True)
    assert pair.distance == pytest.approx(row["distance"])
    for name, tie in ties.items():
        assert tie.scaled == pytest.approx(row[name])


def test_pair_stands_where_it_stands_among_all_pairs() -> None:
    everyone = pl.concat(
        composite(PANEL, home, PANEL.codes[k + 1 :]) for k, home in enumerate(PANEL.codes[:-1])
    )["distance"]
    pair = describe_pair(PANEL, "IND", "GBR")
    assert pair.farther_than == pytest.approx((everyone < pair.distance - 1e-9).mean())


def test_pair_is_the_same_both_ways_and_says_what_is_missing() -> None:
    there, back = describe_pair(PANEL, "TWN", "GIB"), describe_pair(PANEL, "GIB", "TWN")
    assert there.distance == pytest.approx(back.distance)
    assert there.farther_than == back.farther_than
    ties = {tie.component: tie for tie in there.ties}
    assert ties["income"].scaled is None and ties["income"].farther_than is None
    assert "no figure" in ties["income"].facts[0]


def test_pair_sees_blocs_of_its_day_and_culture_where_asked() -> None:
    told = [
        next(t for t in describe_pair(load_panel(day), "SVN", "HRV").ties if t.component == "blocs")
        for day in ("2013-06-30", "2013-07-01")
    ]
    assert [tie.facts[0] for tie in told] == [
        "in common on 2013-06-30: none",
        "in common on 2013-07-01: EU",
    ]
    pair = describe_pair(PANEL, "IND", "BRA", cultural=["hdi"], weights={"culture": 1.0})
    assert [tie.component for tie in pair.ties] == ["culture"]
    assert pair.ties[0].facts[0].startswith("hdi: ")
    with pytest.raises(InputError, match="India twice"):
        describe_pair(PANEL, "IND", "India")
