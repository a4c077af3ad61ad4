from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.cases.case import Distance, Markets, Override, OwnCriterion, Screening
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.screening import (
    CRITERIA,
    FIRST,
    LEAST_COVERAGE,
    METHODS,
    check_screening,
    complete,
    screen,
    weigh,
)
from beachhead.screening.settings import COLUMNS_AFTER, COLUMNS_BEFORE

PANEL = load_panel("2013-03-31")
KEYS = [criterion.key for criterion in CRITERIA]


@dataclass(frozen=True)
class Firm:
    home: str = "CHN"


DEFAULT, EQUAL = Screening(), Distance()


@dataclass(frozen=True)
class Question:
    """What `screen` reads of a case."""

    candidates: tuple[str, ...]
    firm: Firm = Firm()
    screening: Screening = DEFAULT
    distance: Distance = EQUAL
    markets: Markets = field(default_factory=Markets)
    name: str = "question"
    as_of: date = date(2013, 3, 31)

    def model_copy(self, update: dict[str, object]) -> Question:
        return replace(self, **update)

    def candidate_iso3(self, panel: Panel) -> tuple[str, ...]:
        return self.candidates


EVERYONE = Question(tuple(code for code in PANEL.codes if code != "CHN"))
RANKING = screen(EVERYONE, PANEL)


def test_every_candidate_is_listed_once() -> None:
    assert sorted(RANKING.table["iso3"]) == sorted(EVERYONE.candidates)
    assert RANKING.table.columns == [*COLUMNS_BEFORE, *KEYS, *COLUMNS_AFTER]


def test_contributions_sum_to_the_score() -> None:
    table = RANKING.table
    total = table.select(pl.sum_horizontal(KEYS))[:, 0]
    assert (total - table["score"]).abs().max() < 1e-12
    assert table["score"].is_between(0, 1).all()


def test_holes_are_said_and_not_filled() -> None:
    taiwan = RANKING.table.filter(iso3="TWN").row(0, named=True)
    for key in ("secure_servers", "logistics", "social", "openness"):
        assert taiwan[key] is None
        assert f"{key}: no figure" in taiwan["holes"]
    missing = sum(c.weight for c in RANKING.criteria if taiwan[c.key] is None)
    assert taiwan["coverage"] == pytest.approx(1 - missing)
    assert taiwan["older"] == "internet: figure of 2009; most economies have 2011"
    assert RANKING.table.filter(iso3="DEU")["holes"].item() == ""


def test_too_little_known_is_listed_without_a_rank() -> None:
    table = RANKING.table
    unranked = table.filter(pl.col("rank").is_null())
    assert "GIB" in unranked["iso3"].to_list()
    assert (unranked["coverage"] < LEAST_COVERAGE).all()
    ranked = table.filter(pl.col("rank").is_not_null())
    assert ranked["rank"].to_list() == list(range(1, ranked.height + 1))
    assert ranked["score"].is_sorted(descending=True)
    assert table.head(ranked.height).equals(ranked)


def test_the_bundled_criteria_are_those_of_the_firm_in_2013() -> None:
    # E-commerce environment and social connection (2013 article), size, growth, institutions,
    # openness and distance.
    assert sum(criterion.weight for criterion in CRITERIA) == pytest.approx(1.0)
    assert {"internet", "secure_servers", "logistics", "social"} < set(KEYS)


def test_consumers_by_hand() -> None:
    size = next(criterion for criterion in CRITERIA if criterion.key == "market_size")
    found = size.measure(PANEL, "CHN", ["IND"])[0]
    people = PANEL.figure("IND", "population").value
    incomes = NormalDist(0, 0.8)
    mean = PANEL.figure("IND", "gdp_pc_ppp_const").value
    share = 1 - incomes.cdf(math.log(6000 / mean) + 0.8**2 / 2)
    assert found.value == pytest.approx(people * share, rel=1e-12)
    assert found.year == 2011


def test_worth_at_and_beyond_the_anchors() -> None:
    for criterion in CRITERIA:
        assert criterion.worth(criterion.low) == 0.0
        assert criterion.worth(criterion.high) == 1.0
        step = criterion.high - criterion.low
        assert criterion.worth(criterion.high + step) == 1.0
        assert criterion.worth(criterion.low - step) == 0.0
    servers = next(criterion for criterion in CRITERIA if criterion.key == "secure_servers")
    assert servers.worth(100.0) == pytest.approx(0.5)  # the geometric middle of 0.1 and 100,000
    assert servers.worth(0.0) == 0.0
    # Anchors whose ratio is no number, and such whose logs are the same.
    assert replace(servers, low=4e184, high=1e-139).worth(100.0) == pytest.approx(0.564, abs=1e-3)
    assert replace(servers, low=1e184, high=math.nextafter(1e184, math.inf)).worth(1e184) == 0.0


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(EVERYONE.candidates), min_size=1, max_size=40))
def test_who_else_is_compared_changes_no_score(chosen: set[str]) -> None:
    columns = ["iso3", "score", "coverage", *KEYS, "weighted_sum", "topsis", "holes", "older"]
    few = screen(Question(tuple(sorted(chosen))), PANEL).table.select(columns).sort("iso3")
    same = RANKING.table.filter(pl.col("iso3").is_in(chosen)).select(columns).sort("iso3")
    assert few.equals(same)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.floats(0.01, 100), min_size=1))
def test_declared_weights_are_the_whole_set(weights: dict[str, float]) -> None:
    criteria = weigh(CRITERIA, weights)
    assert {criterion.key for criterion in criteria} == set(weights)
    total = sum(weights.values())
    for criterion in criteria:
        assert criterion.weight == pytest.approx(weights[criterion.key] / total)


def test_single_weight_ranks_by_that_criterion() -> None:
    case = Question(EVERYONE.candidates, screening=Screening(weights={"internet": 3.0}))
    table = screen(case, PANEL).table.filter(pl.col("rank").is_not_null())
    online = PANEL.column("internet_users_pct", table["iso3"].to_list())["value"]
    assert online.is_sorted(descending=True)
    assert (table["score"] * 100 - online).abs().max() < 1e-9


def test_all_faults_of_the_weights_at_once() -> None:
    bad = Screening.model_construct(weights={"internett": 1.0, "growth": -1.0})
    case = Question(("IND",), screening=bad)
    with pytest.raises(InputError) as caught:
        screen(case, PANEL)
    text = str(caught.value)
    assert "screening.weights.internett" in text
    assert "Did you mean 'internet'" in text
    assert "screening.weights.growth: the weight of growth is -1.0" in text
    with pytest.raises(InputError, match="all weights are zero"):
        screen(Question(("IND",), screening=Screening(weights={"growth": 0.0})), PANEL)
    with pytest.raises(InputError, match="weight of growth is nan"):
        weigh(CRITERIA, {"growth": float("nan")})


def ask(**screening) -> Question:
    return Question(EVERYONE.candidates, screening=Screening(**screening))


def pick(ranking, iso3: str) -> dict:
    return ranking.table.filter(iso3=iso3).row(0, named=True)


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(EVERYONE.candidates), min_size=1, max_size=40))
def test_promethee_is_relative_to_the_set_and_sums_to_zero(chosen: set[str]) -> None:
    table = screen(Question(tuple(sorted(chosen))), PANEL).table
    assert table["promethee"].sum() == pytest.approx(0.0, abs=1e-9)
    assert table["promethee"].is_between(-1, 1).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_method_chosen_ranks_and_the_others_stand_beside(method: str) -> None:
    ranking = screen(ask(method=method), PANEL)
    ranked = ranking.table.filter(pl.col("rank").is_not_null())
    assert ranked["rank"].to_list() == ranked[f"rank_{method}"].to_list()
    assert ranked[method].is_sorted(descending=True)
    for other in METHODS:
        assert sorted(ranked[f"rank_{other}"]) == list(range(1, ranked.height + 1))
    same = RANKING.table.sort("iso3").select(*METHODS)
    assert ranking.table.sort("iso3").select(*METHODS).equals(same)


def test_ranks_of_random_weights() -> None:
    ranked = RANKING.table.filter(pl.col("rank").is_not_null())
    assert (ranked["rank_low"] <= ranked["rank_high"]).all()
    assert ranked["first_ten"].sum() == pytest.approx(FIRST)
    unranked = RANKING.table.filter(pl.col("rank").is_null())
    assert unranked["first_ten"].null_count() == unranked.height > 0
    # Under one criterion alone all weights are the same.
    alone = screen(ask(weights={"internet": 1.0}), PANEL).table
    alone = alone.filter(pl.col("rank").is_not_null())
    assert (alone["rank_low"] == alone["rank"]).all()
    assert (alone["rank_high"] == alone["rank"]).all()


def test_floor_takes_the_rank_and_leaves_the_score() -> None:
    ranking = screen(ask(floors={"institutions": -0.5, "openness": 12}), PANEL)
    for row in ranking.table.iter_rows(named=True):
        tariff = PANEL.figure(row["iso3"], "tariff_applied_mean_pct").value
        assert ("openness" in row["below"]) == (tariff is not None and tariff > 12)
        assert ("openness" in row["unchecked"]) == (tariff is None)
        if row["below"]:
            assert row["rank"] is None
            assert row["score"] == pick(RANKING, row["iso3"])["score"]
    taiwan = pick(ranking, "TWN")
    assert taiwan["rank"] is not None and taiwan["unchecked"] == "openness"
    assert pick(ranking, "RUS")["below"] == "institutions -0.7111, floor -0.5"
    kept = ranking.table.filter(pl.col("rank").is_not_null())
    assert kept["rank"].to_list() == list(range(1, kept.height + 1))


def test_floor_needs_no_weight() -> None:
    ranking = screen(ask(weights={"growth": 1.0}, floors={"internet": 50}), PANEL)
    assert "internet" not in ranking.table.columns
    assert "internet" in pick(ranking, "IND")["below"]


def test_override_keeps_both_scores_and_the_reason() -> None:
    given = Override(market="India", score=0.99, reason="a dealer asked")
    ranking = screen(ask(overrides=(given,)), PANEL)
    row, before = pick(ranking, "IND"), pick(RANKING, "IND")
    assert (row["rank"], row["score"], row["override"]) == (1, 0.99, "a dealer asked")
    assert row["weighted_sum"] == before["score"]
    assert row["rank_weighted_sum"] == before["rank"]
    assert (row["rank_low"], row["rank_high"], row["first_ten"]) == (1, 1, 1.0)
    # Whoever sets a score knows enough, but the firm's own floor still holds.
    unknown = Override(market="GIB", score=0.5, reason="we live there")
    assert pick(screen(ask(overrides=(unknown,)), PANEL), "GIB")["rank"] is not None
    gated = screen(ask(overrides=(given,), floors={"internet": 50}), PANEL)
    assert pick(gated, "IND")["rank"] is None


def test_own_criterion_over_any_series_and_other_anchors() -> None:
    own = OwnCriterion(key="towns", column="urban_pop_pct", low=20, high=100, weight=0.25)
    changed = OwnCriterion(key="internet", high=50)
    ranking = screen(ask(criteria=(own, changed)), PANEL)
    weights = {criterion.key: criterion.weight for criterion in ranking.criteria}
    assert weights["towns"] == pytest.approx(0.25 / 1.25)
    row = pick(ranking, "IND")
    towns = PANEL.figure("IND", "urban_pop_pct").value
    assert row["towns"] == pytest.approx(0.2 * (towns - 20) / 80)
    online = PANEL.figure("IND", "internet_users_pct").value
    assert row["internet"] == pytest.approx(0.12 / 1.25 * online / 50)


def test_all_faults_of_own_criteria_floors_and_overrides_at_once() -> None:
    case = Question(
        ("IND", "BRA"),
        screening=Screening(
            weights={"growth": 1.0},
            criteria=(
                OwnCriterion(key="towns", column="urban_pop_pc", low=5, high=5),
                OwnCriterion(key="score", column="hdi", low=0, high=1),
                OwnCriterion(key="internet", low=0, transform="log", weight=0.2),
                OwnCriterion(key="internet"),
                OwnCriterion(key="distanc"),
            ),
            floors={"institution": 0.0},
            overrides=(
                Override(market="DEU", score=0.5, reason="why not"),
                Override(market="IND", score=0.5, reason="one"),
                Override(market="India", score=0.6, reason="two"),
            ),
        ),
        distance=Distance(culture=("hdii",), weights={"geographie": 1.0, "language": 0.0}),
    )
    told = [str(problem) for problem in check_screening(case, PANEL)]
    for part in (
        "screening.criteria[0].column: no series 'urban_pop_pc'",
        "both anchors of 'towns' are 5",
        "the criterion 'towns' has neither a weight nor a floor",
        "no criterion may be called 'score'",
        "an anchor of 'internet' is 0 on a logarithmic scale",
        "the weight of 'internet' is not heeded",
        "a second criterion 'internet'",
        "the criterion 'distanc' lacks column, low, high. Did you mean 'distance'",
        "screening.floors.institution: no criterion 'institution'. Did you mean 'institutions'",
        "DEU is no candidate",
        "a second score for IND",
        "distance.culture[0]: no series 'hdii' in the panel. Did you mean 'hdi'",
        "no component of distance 'geographie'. Did you mean 'geography'",
    ):
        assert any(part in line for line in told), (part, told)
    with pytest.raises(InputError):
        screen(case, PANEL)
    assert check_screening(EVERYONE, PANEL) == []


def test_effective_weights_beside_declared_ones() -> None:
    weights = RANKING.weights
    assert weights["criterion"].to_list() == KEYS
    assert weights["declared"].sum() == pytest.approx(1.0)
    assert weights["effective"].sum() == pytest.approx(1.0)
    whole = RANKING.table.filter(pl.col("rank").is_not_null()).drop_nulls(KEYS)
    assert weights["over"].to_list() == [whole.height] * len(KEYS)
    parts = whole.select(KEYS).to_numpy()
    share = np.cov(parts[:, 0], parts.sum(axis=1))[0, 1] / parts.sum(axis=1).var(ddof=1)
    assert weights["effective"][0] == pytest.approx(share)


def test_leaving_a_criterion_out_is_ranking_by_the_others() -> None:
    row = RANKING.without.row(0, named=True)
    left = RANKING.criteria[0].key
    assert row["criterion"] == left
    others = {c.key: c.weight for c in RANKING.criteria if c.key != left}
    ranked = RANKING.table.filter(pl.col("rank").is_not_null())
    again = screen(ask(weights=others), PANEL).table.join(ranked.select("iso3"), on="iso3")
    place = {iso3: k for k, iso3 in enumerate(again.sort("score", descending=True)["iso3"], 1)}
    moves = {name: abs(place[iso3] - rank) for rank, iso3, name in
             ranked.select("rank", "iso3", "name").iter_rows()}  # fmt: skip
    assert row["moved"] == max(moves.values()) == moves[row["market"]]
    before, after = set(ranked["iso3"][:FIRST]), {c for c, k in place.items() if k <= FIRST}
    assert row["changed"] == len(before - after)


def test_methods_are_compared_two_by_two() -> None:
    assert RANKING.agreement.height == 3
    assert RANKING.agreement["tau"].is_between(-1, 1, closed="left").all()
    ranked = RANKING.table.filter(pl.col("rank").is_not_null())
    both = ranked.filter(pl.col("rank_weighted_sum") <= FIRST, pl.col("rank_topsis") <= FIRST)
    assert RANKING.agreement.filter(one="weighted_sum", other="topsis")["shared"][0] == both.height


def test_ranking_follows_from_its_table() -> None:
    again = complete("CHN", PANEL.as_of, RANKING.method, RANKING.criteria, RANKING.table)
    for name in ("weights", "agreement", "without"):
        assert getattr(again, name).equals(getattr(RANKING, name))


def test_culture_and_weights_of_the_case_reach_the_distance() -> None:
    near = Distance(weights={"language": 1.0})
    case = Question(("HKG", "IND"), screening=Screening(weights={"distance": 1.0}), distance=near)
    table = screen(case, PANEL).table
    assert pick(screen(case, PANEL), "HKG")["score"] == 1.0
    assert table["score"][1] == pytest.approx((3.5 - 1 / 0.44) / 2.5)


def test_no_candidates_and_one() -> None:
    assert screen(Question(()), PANEL).table.is_empty()
    alone = screen(Question(("IND",)), PANEL)
    row = alone.table.row(0, named=True)
    assert (row["rank"], row["rank_low"], row["rank_high"], row["promethee"]) == (1, 1, 1, 0.0)
    assert alone.weights["effective"].null_count() == len(KEYS)
    assert alone.agreement["tau"].null_count() == 3


names = st.sampled_from([*KEYS, "hdi", "towns", "Internet", "rank", ""])
figures = st.none() | st.floats(allow_nan=False, allow_infinity=False)
tables = st.builds(
    Screening.model_construct,
    method=st.sampled_from(list(METHODS)),
    weights=st.dictionaries(names, st.floats(0, 1e308), max_size=3),
    floors=st.dictionaries(names, st.floats(-1e308, 1e308), max_size=2),
    criteria=st.lists(
        st.builds(OwnCriterion.model_construct, key=names, column=st.none() | names, low=figures,
                  high=figures, transform=st.sampled_from([None, "linear", "log"]),
                  weight=st.none() | st.floats(0, 1e3)),
        max_size=2,
    ).map(tuple),
    overrides=st.lists(
        st.builds(Override.model_construct, market=st.sampled_from(["IND", "Brazil", "DEU"]),
                  score=st.floats(0, 1), reason=st.just("so")),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(tables)
def test_any_table_is_refused_or_ranks(table: Screening) -> None:
    case = Question(("IND", "BRA", "GIB", "ITA"), screening=table)
    if problems := check_screening(case, PANEL):
        assert all(problem.where.startswith("screening.") for problem in problems)
        return
    found = screen(case, PANEL).table
    assert sorted(found["iso3"]) == ["BRA", "GIB", "IND", "ITA"]
    assert found["score"].drop_nulls().is_between(0, 1 + 1e-12).all()
