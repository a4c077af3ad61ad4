"""The bundled rules of markets: what stands in the file, and what was known when."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from beachhead.cases.case import Category, Mode
from beachhead.data import load_panel
from beachhead.data.rules import MODES, Rule, load_rules, read_rules

DOCS = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
SHOPS = "India: own shops of one brand"


def known(as_of: date) -> dict[str, Rule]:
    return {rule.name: rule for rule in load_rules(as_of)}


@pytest.mark.parametrize("rule", read_rules(), ids=lambda rule: f"{rule.name} {rule.known}")
def test_every_rule_is_whole(rule: Rule) -> None:
    assert rule.market in load_panel().codes
    assert set(rule.modes) <= set(get_args(Mode)) and rule.modes
    assert set(rule.categories) <= set(get_args(Category))
    assert rule.asks and rule.words and rule.source
    assert 0.0 <= rule.localisation <= 1.0 and 0 <= rule.approval <= 8
    assert 1.0 <= rule.opening <= 2.0 and 0.0 <= rule.unit_cost <= 0.3
    assert rule.until is None or rule.start is None or rule.start < rule.until
    assert rule.evidence in {"O", "O2", "M", "D"}
    assert rule.judged == "J"


def test_modes_are_those_of_a_case() -> None:
    assert get_args(Mode) == MODES


def test_a_name_belongs_to_one_market_and_its_versions_have_dates_of_their_own() -> None:
    rules = read_rules()
    assert len({(rule.name, rule.market) for rule in rules}) == len({rule.name for rule in rules})
    assert len({(rule.name, rule.known) for rule in rules}) == len(rules)


def test_versions_follow_one_another() -> None:
    """A ceiling of 51 % in 2006, local sourcing since 2012, eased in September 2019."""
    assert SHOPS not in known(date(2006, 1, 1))
    assert known(date(2011, 12, 31))[SHOPS].forbidden
    asked = known(date(2013, 6, 30))[SHOPS]
    assert (asked.forbidden, asked.localisation, asked.approval) == (False, 0.3, 2)
    assert known(date(2018, 6, 30))[SHOPS].approval == 0
    assert known(date(2019, 9, 17))[SHOPS].localisation == 0.3
    assert known(date(2019, 9, 18))[SHOPS].localisation == 0.0


def test_local_content_in_indonesia() -> None:
    """20 % from July 2015, 30 % from January 2017, both published in July 2015."""
    assert not [name for name in known(date(2015, 7, 5)) if "4G" in name]
    first, then = (rule for name, rule in known(date(2015, 7, 6)).items() if "4G" in name)
    assert (first.localisation, first.until) == (0.2, date(2017, 1, 1))
    assert (then.localisation, then.start, then.until) == (0.3, date(2017, 1, 1), None)


def test_nothing_is_known_before_it_was_published() -> None:
    for rule in read_rules():
        assert rule not in load_rules(date.fromordinal(rule.known.toordinal() - 1))


def test_the_page_lists_every_version() -> None:
    for rule in read_rules():
        asked = [
            "forbidden" if rule.forbidden else "",
            f"localisation {rule.localisation:g}" if rule.localisation else "",
            f"{rule.approval} quarters" if rule.approval else "",
            f"opening x {rule.opening:g}" if rule.opening != 1.0 else "",
            f"unit cost + {rule.unit_cost:.0%}" if rule.unit_cost else "",
        ]
        modes = "all" if rule.modes == MODES else ", ".join(rule.modes)
        row = (
            f"| {rule.name} | {', '.join(rule.categories) or 'all'} | {rule.known} "
            f"| {rule.start or ''} | {rule.until or ''} | {modes} "
            f"| {', '.join(filter(None, asked))} | {rule.words} | {rule.source} | {rule.evidence} |"
        )
        assert row in DOCS.splitlines(), row
