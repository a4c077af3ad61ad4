from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from statistics import NormalDist

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beachhead.cases.case import Markets
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError
from beachhead.screening import CRITERIA, LEAST_COVERAGE, screen, weigh

PANEL = load_panel("2013-03-31")
KEYS = [criterion.key for criterion in CRITERIA]


@dataclass(frozen=True)
class Firm:
    home: str = "CHN"


@dataclass(frozen=True)
class Weights:
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What `screen` reads of a case."""

    candidates: tuple[str, ...]
    firm: Firm = Firm()
    screening: Weights = Weights()
    markets: Markets = field(default_factory=Markets)
    name: str = "question"
    as_of: date = date(2013, 3, 31)

    def candidate_iso3(self, panel: Panel) -> tuple[str, ...]:
        return self.candidates


EVERYONE = Question(tuple(code for code in PANEL.codes if code != "CHN"))
RANKING = screen(EVERYONE, PANEL)


def test_every_candidate_is_listed_once() -> None:
    assert sorted(RANKING.table["iso3"]) == sorted(EVERYONE.candidates)
    assert RANKING.table.columns == [
        "rank", "iso3", "name", "score", "coverage", *KEYS, "holes", "older", "own",
    ]  # fmt: skip


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


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(EVERYONE.candidates), min_size=1, max_size=40))
def test_who_else_is_compared_changes_no_score(chosen: set[str]) -> None:
    few = screen(Question(tuple(sorted(chosen))), PANEL).table.drop("rank").sort("iso3")
    same = RANKING.table.filter(pl.col("iso3").is_in(chosen)).drop("rank").sort("iso3")
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
    case = Question(EVERYONE.candidates, screening=Weights({"internet": 3.0}))
    table = screen(case, PANEL).table.filter(pl.col("rank").is_not_null())
    online = PANEL.column("internet_users_pct", table["iso3"].to_list())["value"]
    assert online.is_sorted(descending=True)
    assert (table["score"] * 100 - online).abs().max() < 1e-9


def test_all_faults_of_the_weights_at_once() -> None:
    case = Question(("IND",), screening=Weights({"internett": 1.0, "growth": -1.0}))
    with pytest.raises(InputError) as caught:
        screen(case, PANEL)
    text = str(caught.value)
    assert "screening.weights.internett" in text
    assert "did you mean 'internet'" in text
    assert "screening.weights.growth: the weight of growth is -1.0" in text
    with pytest.raises(InputError, match="all weights are zero"):
        screen(Question(("IND",), screening=Weights({"growth": 0.0})), PANEL)
    with pytest.raises(InputError, match="weight of growth is nan"):
        weigh(CRITERIA, {"growth": float("nan")})


def test_no_candidates() -> None:
    assert screen(Question(()), PANEL).table.is_empty()
