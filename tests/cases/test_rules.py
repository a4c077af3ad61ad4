"""Which rules a case meets, and demands that they bar."""

from datetime import date

import pytest

from beachhead.cases import Case, check_case
from beachhead.cases.rules import rules_of

OWN = 'name = "Closed", market = "India", known = 2012-01-01, source = "a letter"'


def found(case, panel):
    return [str(problem) for problem in check_case(case, panel, place="acme.toml, {}".format)]


def names(case, panel):
    return [binding.rule.name for binding in rules_of(case.resolve(panel))]


@pytest.fixture
def ruled(text, insert):
    """A case with one rule of its own, and lines put into tables."""

    def ruled(rule: str, **tables: str) -> Case:
        whole = f"rules = [{{{rule}}}]\n{insert(text, **tables)}"
        return Case.loads(whole, "acme.toml")

    return ruled


def test_bundled_rules_are_those_known_then(make, panel):
    seen = names(make(), panel)
    assert "India: own shops of one brand" in seen
    assert "Indonesia: import of phones" in seen
    assert not [name for name in seen if "4G" in name]
    assert "China: network access licence" not in seen  # home


def test_bundled_rules_are_those_of_the_category(make, panel, text):
    services = Case.loads(text.replace('"smartphone"', '"subscription"'), "acme.toml")
    assert names(services, panel) == ["Algeria: ownership"]


def test_a_rule_counts_only_within_the_horizon(make, panel):
    later = make().model_copy(update={"as_of": date(2015, 12, 31)})
    assert [n for n in names(later, panel) if "4G" in n] == [
        "Indonesia: local content of 4G phones",
        "Indonesia: local content of 4G phones from 2017",
    ]
    after = later.model_copy(update={"as_of": date(2016, 12, 31)})
    assert [n for n in names(after, panel) if "4G" in n] == [
        "Indonesia: local content of 4G phones from 2017"
    ]
    short = later.model_copy(update={"quarters": 4})
    assert [n for n in names(short, panel) if "4G" in n] == [
        "Indonesia: local content of 4G phones"
    ]


def test_quarters_in_force(ruled, panel):
    """In force from the quarter that holds its first day to the last one it touches."""
    case = ruled(f"{OWN}, from = 2013-11-15, until = 2014-05-20, forbidden = true")
    (binding,) = [b for b in rules_of(case.resolve(panel)) if b.rule.name == "Closed"]
    assert case.quarter_label(binding.begins) == "2013Q4"
    assert case.quarter_label(binding.ends) == "2014Q3"
    assert binding.closes("online", 1.0)


def test_rules_are_waived_and_replaced(make, ruled, panel):
    shops = "India: own shops of one brand"
    assert names(make(limits='waived = ["all"]'), panel) == []
    assert shops not in names(make(limits=f'waived = ["{shops}"]'), panel)
    off = f'name = "{shops}", market = "IND", known = 2012-01-01, source = "licence in hand"'
    assert shops not in names(ruled(off), panel)
    assert found(ruled(off), panel) == []
    (own,) = [
        binding.rule
        for binding in rules_of(ruled(f"{off}, approval = 5").resolve(panel))
        if binding.rule.name == shops
    ]
    assert (own.approval, own.source) == (5, "licence in hand")


@pytest.mark.parametrize(
    ("rule", "tables", "expected"),
    [
        (OWN, {}, "rules[0]: 'Closed' asks for nothing"),
        (
            f"{OWN}, approval = 1, from = 2014-01-01, until = 2013-01-01", {},
            "rules[0].until: 'Closed' ends on 2013-01-01, not after 2014-01-01",
        ),
        (
            f"{OWN}, approval = 1".replace("2012-01-01", "2014-01-01"), {},
            "rules[0].known: 'Closed' was published on 2014-01-01, after as_of 2013-03-31",
        ),
        (f"{OWN}, approval = 1".replace("India", "Indai"), {}, "rules[0].market: "),
        (
            f"{OWN}, approval = 1", {"limits": 'waived = ["India: own shop of one brand"]'},
            "limits.waived[0]: no bundled rule 'India: own shop of one brand'",
        ),
        (
            f"{OWN}, forbidden = true", {"limits": 'must = ["IND"]'},
            "limits.must: IND is to be entered by 2019Q1, but may be never: Closed",
        ),
        (
            f"{OWN}, forbidden = true, until = 2015-01-01", {"limits": 'by = {IND = "2014Q4"}'},
            "limits.by.IND: IND is to be entered by 2014Q4, but may be not before 2015Q1: Closed",
        ),
        (
            f"{OWN}, approval = 6", {"limits": 'fixed = {IND = "2014Q1"}'},
            "(a rule of the case; a letter)",
        ),
        (
            f"{OWN}, localisation = 0.8",
            {"limits": 'must = ["IND"]', "modes": "localisation = [0.0, 0.5]"}, "may be never",
        ),
    ],
)  # fmt: skip
def test_faults_are_told(ruled, panel, rule, tables, expected):
    problems = found(ruled(rule, **tables), panel)
    assert len(problems) == 1
    assert expected in problems[0]


def test_a_demand_that_a_bundled_rule_bars(make, panel):
    tables = {
        "limits": 'fixed = {DZA = {quarter = "2015Q1", mode = "subsidiary"}}',
        "product": "launch = 2007",
    }
    (problem,) = found(make(**tables), panel)
    assert "limits.fixed.DZA" in problem
    assert "Algeria: ownership (foreign ownership at most 49 %" in problem
    assert "ordinance 09-01" in problem
    assert found(make(**tables | {"limits": f'{tables["limits"]}\nwaived = ["all"]'}), panel) == []


def test_demands_within_the_rules_are_in_order(ruled, panel):
    rule = f"{OWN}, localisation = 0.3, until = 2015-01-01"
    assert found(ruled(rule, limits='must = ["IND"]'), panel) == []
    assert found(ruled(rule, limits='fixed = {IND = "2014Q1"}'), panel) == []
    once = {"limits": 'fixed = {IND = "2015Q1"}', "modes": "localisation = [0.0]"}
    assert found(ruled(rule, **once), panel) == []


def test_a_case_with_rules_is_written_and_read_back(ruled, panel):
    case = ruled(f'{OWN}, modes = ["online"], forbidden = true', limits="exit_loss = 2.5")
    assert Case.loads(case.to_toml(), "acme.toml") == case
