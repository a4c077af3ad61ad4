"""What a target has come to, worked out by hand."""

import math

import pytest

from beachhead.cases import Target, quarters
from beachhead.evidence.outcomes import Footing, find_reached, measure

Q = quarters.parse
FOOTING = Footing(
    home="AUT",
    start=Q("2023Q4"),
    since={"CHE": Q("2015Q1"), "DEU": Q("2024Q2"), "CZE": Q("2024Q3")},
    left={"CHE": Q("2024Q2")},
    unsaid=frozenset({"CZE"}),
)
YEAR = ("2023Q4", "2024Q1", "2024Q2", "2024Q3")


def figures(metric: str, **by_market: tuple[float, ...]) -> dict[tuple[str, int, str], float]:
    """Figures of the four quarters of `YEAR`."""
    return {
        (market, Q(label), metric): value
        for market, values in by_market.items()
        for label, value in zip(YEAR, values, strict=False)
    }


HOME = figures("units", AUT=(10.0, 20.0, 30.0, 40.0))


@pytest.mark.parametrize(("value", "verdict"), [(100.0, "met"), (100.1, "missed")])
def test_a_year_at_home_is_a_sum(value: float, verdict: str) -> None:
    target = Target(metric="units", market="home", value=value, by="2024Q3")
    found = measure(target, Q("2024Q3"), FOOTING, HOME)
    assert (found.verdict, found.low, found.high, found.lacking) == (verdict, 100.0, 100.0, ())


def test_what_lacks_is_not_filled_in() -> None:
    target = Target(metric="units", value=101.0, by="2024Q3")
    found = measure(target, Q("2024Q3"), FOOTING, HOME)
    assert (found.verdict, found.low, found.high) == ("unknown", 100.0, math.inf)
    # Switzerland until it was left, Germany and Czechia from when they were entered.
    assert set(found.lacking) == {
        "CHE units 2023Q4", "CHE units 2024Q1", "CHE units 2024Q2", "DEU units 2024Q2",
        "DEU units 2024Q3", "CZE units 2024Q3",
    }  # fmt: skip
    enough = target.model_copy(update={"value": 100.0})
    assert measure(enough, Q("2024Q3"), FOOTING, HOME).verdict == "met"


def test_a_period_before_the_horizon_needs_what_it_brought() -> None:
    target = Target(metric="units", market="home", value=40.0, by="2024Q1")
    found = measure(target, Q("2024Q1"), FOOTING, HOME)
    assert found.verdict == "unknown" and found.lacking == ("units before 2023Q4 (so_far)",)
    found = measure(target.model_copy(update={"so_far": 9.0}), Q("2024Q1"), FOOTING, HOME)
    assert (found.verdict, found.low) == ("missed", 39.0)


def test_shares_of_revenue_lie_between_what_is_possible() -> None:
    target = Target(metric="share_abroad", value=0.2, by="2024Q1", period="quarter")
    home = {("AUT", Q("2024Q1"), "revenue"): 80.0}
    both = {**home, ("CHE", Q("2024Q1"), "revenue"): 20.0}
    assert measure(target, Q("2024Q1"), FOOTING, both).verdict == "met"
    found = measure(target, Q("2024Q1"), FOOTING, home)
    assert (found.verdict, found.low, found.high) == ("unknown", 0.0, 1.0)
    more = target.model_copy(update={"value": 0.2001})
    assert measure(more, Q("2024Q1"), FOOTING, both).verdict == "missed"


def test_a_share_of_a_year_is_weighed_by_the_market() -> None:
    # 10 of 100 and 30 of 100: 40 of 200 in half a year, not the mean of the sums.
    said = {**figures("units", AUT=(10.0, 30.0)), **figures("share", AUT=(0.1, 0.3))}
    target = Target(metric="share", market="home", value=0.2, by="2024Q1")
    found = measure(target, Q("2024Q1"), FOOTING, said)
    assert found.verdict == "met" and found.low == pytest.approx(0.2)
    del said["AUT", Q("2024Q1"), "share"]
    assert measure(target, Q("2024Q1"), FOOTING, said).verdict == "unknown"


def test_markets_count_what_is_said_and_what_may_be() -> None:
    def verdict(value: float, at: str) -> str:
        return measure(
            Target(metric="markets", value=value, by=at), Q(at), FOOTING, {}
        ).verdict  # fmt: skip

    assert [verdict(1, "2024Q1"), verdict(2, "2024Q2"), verdict(3, "2024Q2")] == [
        "met", "met", "missed",
    ]  # fmt: skip
    assert [verdict(1, "2024Q3"), verdict(2, "2024Q3"), verdict(3, "2024Q3")] == [
        "met", "unknown", "missed",
    ]  # fmt: skip


def test_a_place_at_home_is_better_the_lower_it_is() -> None:
    target = Target(metric="home_rank", value=2, by="2024Q1")
    assert measure(target, Q("2024Q1"), FOOTING, {}).verdict == "unknown"
    for place, verdict in ((1.0, "met"), (2.0, "met"), (3.0, "missed")):
        said = {("", Q("2024Q1"), "home_rank"): place}
        assert measure(target, Q("2024Q1"), FOOTING, said).verdict == verdict


def test_a_target_that_was_missed_may_be_met_later() -> None:
    target = Target(metric="units", market="home", value=30.0, by="2024Q1", period="quarter")
    assert find_reached(target, Q("2024Q4"), FOOTING, HOME) == Q("2024Q2")
    assert find_reached(target, Q("2024Q2"), FOOTING, HOME) is None  # not to be seen yet
