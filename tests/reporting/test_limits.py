"""What limits cost, and the least for a case, in print and in the report."""

from pathlib import Path

import pytest

from beachhead.errors import InputError
from beachhead.planning.least import Least
from beachhead.reporting.html import write_report
from beachhead.reporting.limits import describe_least, describe_prices
from beachhead.reporting.run import read_prices


def test_prices_are_told_in_a_hundred_columns(answer, prices) -> None:
    text = describe_prices(answer.case, prices)
    assert max(map(len, text.splitlines())) <= 100
    first = answer.plan.schedule.entries[0].iso3
    words = "2 launch teams (binds, room 0.2 teams); 1 more launch team: J 3.00 m, mean 2.50 m"
    assert words in text and f"in {first}" in text
    assert "<b> demanded (room 3 quarters); given up: J 0, mean 0" in text
    assert "PARTIAL" in text


def test_prices_stand_in_the_report(answer, prices, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    given = answer.case, answer.ranking, answer.plan, answer.futures
    write_report(path, *given)
    assert "if one limit alone were eased" not in path.read_text("utf-8")
    write_report(path, *given, prices=prices)
    page = path.read_text("utf-8").replace("\u00a0", " ")
    for words in ("if one limit alone were eased", "PARTIAL", "1 more launch team", "&lt;b&gt;"):
        assert words in page, words


def test_prices_come_back_from_the_run_folder(prices, tmp_path: Path) -> None:
    assert read_prices(tmp_path) is None
    (tmp_path / "limits.json").write_text(prices.to_json(), "utf-8")
    assert read_prices(tmp_path) == prices
    (tmp_path / "limits.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"limits\.json: not readable .* 'beachhead limits'"):
        read_prices(tmp_path)


@pytest.mark.parametrize(
    ("proven", "said"),
    [(2.0, "no schedule does with fewer."), (1.0, "none does with fewer than 1")],
)
def test_the_least_is_told_with_its_schedule(answer, proven: float, said: str) -> None:
    found = Least(
        case="made", version="0", seed=1, effort="quick", status="partial", limit="teams",
        level=2.0, given=3.0, proven=proven, takes=8.0, objective=1e6, unlimited=2e6,
        schedule=answer.plan.schedule,
    )  # fmt: skip
    text = describe_least(answer.case, answer.panel, found)
    assert max(map(len, text.splitlines())) <= 100
    assert said in text and "PARTIAL" in text
    assert "2 launch teams. The case gives 3 launch teams." in " ".join(text.split())
    assert text.count("localised") == len(answer.plan.schedule.entries)
