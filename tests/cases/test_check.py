"""Whether the parts of a case fit one another: each contradiction is one problem."""

import re

import pytest

from beachhead.cases import Case, check_case, check_draft, new_case
from beachhead.cases.order import check_order
from beachhead.cases.presets import load_preset
from beachhead.cases.reading import parse_draft
from beachhead.data import load_panel
from beachhead.screening import check_screening


def found(case, panel):
    return [str(problem) for problem in check_case(case, panel, place="acme.toml, {}".format)]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        # names
        ({"limits": 'must = ["Indai"]'}, "acme.toml, limits.must[0]: "),
        ({"limits": 'by = {Atlantis = "2014Q3"}'}, "limits.by.Atlantis"),
        ({"limits": 'after = [["IND", "Atlantis"]]'}, "limits.after[0][1]"),
        ({"limits": 'fixed = {IND = "2014Q3", India = "2014Q4"}'}, "IND stands there twice"),
        ({"markets": 'candidates = ["IND", "Atlantis"]'}, "markets.candidates[1]"),
        ({"markets": 'candidates = ["Atlantis"]'}, "markets.candidates[0]"),
        ({"markets": 'regions = ["Middle Earth"]'}, "markets.regions[0]"),
        ({"markets": 'blocs = ["EUU"]'}, "markets.blocs[0]"),
        # candidates
        ({"markets": 'candidates = ["IND"]\nexclude = ["India"]'}, "no market is left"),
        ({"markets": 'candidates = ["IND", "CHN"]'}, "CHN cannot be a candidate: it is the home"),
        (
            {
                "markets": 'candidates = ["IND", "HKG"]',
                "firm": "served = [{market='HKG', units=1, mode='online', since=2013-01-01}]",
            },
            "HKG cannot be a candidate: it is served already",
        ),
        # firm and money
        ({"firm": "entered_home = 2014"}, "firm.entered_home: 2014 is after as_of"),
        ({"product": "launch = 2014"}, "product.launch"),
        ({"limits": "cash_floor = 6e8"}, "cash_floor 6e+08 is above capital 5e+08"),
        (
            {"firm": "served = [{market='HKG', units=1, mode='online', since=2013-04-09}]"},
            "HKG is served since 2013-04-09",
        ),
        (
            {"firm": "served = [{market='CHN', units=1, mode='online', since=2013-01-09}]"},
            "CHN is the home market",
        ),
        (
            {"firm": "rivals = [{name='A', share=0.7}, {name='B', share=0.4}]"},
            "add up to 1.10",
        ),
        ({"modes": 'allowed = ["online", "online"]'}, "the same choice twice"),
        # targets
        *(
            ({"[targets]": f"{lines}\nby='2016Q4'" if "by" not in lines else lines}, expected)
            for lines, expected in (
                ("metric='share'\nvalue=0.1", "targets[0].market: a share of which market?"),
                ("metric='markets'\nvalue=3\nmarket='IND'", "markets is of the whole firm"),
                ("metric='units'\nvalue=3\nmarket='Indai'", "targets[0].market"),
                ("metric='share_abroad'\nvalue=3", "targets[0].value: a share of 3"),
                ("metric='units'\nvalue=3\nmade=2013-04-10", "2013-04-10, after as_of"),
                ("metric='units'\nvalue=3\nby='2030Q1'", "2030Q1 is outside the horizon"),
                ("metric='units'\nvalue=3\nby='2013Q4'", "begins before 2013Q2"),
                ("metric='units'\nvalue=3\nby='2016Q4'\n[[targets]]\nmetric='units'\nvalue=3"
                 "\nby='2016Q4'", "targets[1]: a target stands there twice"),
                ("metric='units'\nvalue=3\nso_far=2", "nothing of the period lies before"),
                ("metric='share_abroad'\nvalue=0.1\nby='2013Q4'", "begins before the horizon"),
            )
        ),
        # rivals, and the place among them
        (
            {"firm": "rivals = [{name='A', share=0.2}, {name='A', share=0.1}]"},
            "firm.rivals[1].name: a second rival 'A' at home",
        ),
        (
            {"markets": "rivals = [{name='A', markets=['Atlantis']}]"},
            "markets.rivals[0].markets[0]: no market, region or bloc 'Atlantis'",
        ),
        (
            {"markets": "rivals = [{name='A', markets=['India'], from='2010Q1'}]"},
            "markets.rivals[0].from: 2010Q1 is outside the horizon",
        ),
        (
            {
                "firm": "rivals = [{name='A', share=0.2}]",
                "markets": "rivals = [{name='A', markets=['all']}]",
            },
            "markets.rivals[0].markets: A enters CHN, where it is already",
        ),
        (
            {"[targets]": "metric='home_rank'\nvalue=1\nby='2014Q1'"},
            "targets[0].metric: a target for the place at home, but no rivals",
        ),
        (
            {
                "firm": "rivals = [{name='A', share=0.2}]",
                "[targets]": "metric='home_rank'\nvalue=2\nby='2014Q1'",
            },
            "targets[0].value: home_rank is 2",
        ),
        (
            {
                "limits": "max_markets = 3",
                "[targets]": "metric='markets'\nvalue=4\nby='2014Q1'\nprobability=0.5",
            },
            "targets[0].value: 4 markets are demanded, but at most 3",
        ),
        # members
        ({"limits": 'must = ["IND"]\nnever = ["India"]'}, "limits.never excludes it"),
        ({"limits": 'must = ["IND"]', "markets": 'exclude = ["IND"]'}, "markets.exclude excl"),
        ({"limits": 'must = ["IND"]', "markets": 'candidates = ["BRA"]'}, "[markets] does not"),
        ({"limits": 'must = ["CHN"]'}, "limits.must: CHN is to be entered, but it is the home"),
        ({"limits": 'fixed = {IND = "2014Q3"}\nnever = ["IND"]'}, "limits.fixed.IND"),
        ({"limits": 'by = {IND = "2014Q3"}\nnever = ["IND"]'}, "limits.by.IND"),
        ({"limits": 'after = [["BRA", "IND"]]\nnever = ["IND"]'}, "BRA waits for IND, which"),
        (
            {
                "limits": 'fixed = {IND = {quarter = "2014Q3", mode = "subsidiary"}}',
                "modes": 'allowed = ["online"]',
            },
            "limits.fixed.IND.mode",
        ),
        # dates
        ({"limits": 'fixed = {IND = "2013Q2"}'}, "limits.fixed.IND: 2013Q2 is too early"),
        ({"limits": 'fixed = {IND = "2012Q4"}'}, "2012Q4 is too early"),
        ({"limits": 'fixed = {IND = "2019Q2"}'}, "limits.fixed.IND: 2019Q2 is after the horizon"),
        ({"limits": 'by = {IND = "2013Q1"}'}, "limits.by.IND: 2013Q1 is too early"),
        ({"limits": 'by = {IND = "2030Q1"}'}, "limits.by.IND: 2030Q1 is after the horizon"),
        (
            {"limits": 'fixed = {IND = "2015Q1"}\nby = {IND = "2014Q4"}'},
            "limits.fixed.IND: IND is due by 2014Q4, but is fixed in 2015Q1",
        ),
        # order
        (
            {"limits": 'after = [["BRA", "IND"], ["IND", "IDN"], ["IDN", "BRA"]]'},
            "limits.after: these wait for one another: BRA after IND after IDN after BRA",
        ),
        ({"limits": 'after = [["BRA", "BRA"]]'}, "BRA after BRA"),
        (
            {
                "limits": 'after = [["BRA", "IND"]]\nfixed = {IND = "2016Q1"}\n'
                'by = {BRA = "2015Q4"}'
            },
            "limits.by.BRA: BRA is due by 2015Q4, but waits for IND, which opens in 2016Q1",
        ),
        (
            {
                "limits": 'after = [["BRA", "IDN"], ["IDN", "IND"]]\n'
                'fixed = {IND = "2018Q4"}\nmust = ["BRA"]'
            },
            "limits.must: BRA is due by 2019Q1, but waits for IDN",
        ),
        # sets and numbers
        (
            {"limits": 'not_together = [["IND", "BRA", "IDN"]]\nmust = ["IND", "BRA"]'},
            "limits.not_together[0]",
        ),
        (
            {
                "limits": 'not_together = [["IND", "BRA"]]\nmust = ["BRA"]\n'
                'after = [["BRA", "IND"]]'
            },
            "IND (BRA waits for it)",
        ),
        (
            {
                "limits": 'not_together = [["HKG", "TWN"]]\nmust = ["TWN"]',
                "firm": "served = [{market='HKG', units=1, mode='online', since=2013-01-01}]",
            },
            "HKG (it is served)",
        ),
        (
            {"limits": 'max_markets = 1\nmust = ["IND"]\nafter = [["IND", "IDN"]]'},
            "limits.max_markets: max_markets is 1, but 2 markets must be entered",
        ),
        (
            {"limits": 'launches_per_year = 1\nby = { IND = "2014Q1", IDN = "2014Q1" }'},
            "limits.launches_per_year: IDN, IND must be entered from 2013Q2 to 2014Q1, but with 1 "
            "launches a year at most 1 can",
        ),
        (
            {"limits": 'launches_per_year = 1\nfixed = { IND = "2014Q3", IDN = "2015Q1" }'},
            "limits.launches_per_year: IDN, IND must be entered from 2014Q3 to 2015Q2",
        ),
        # inputs
        (
            {"markets": "inputs = [{market='USA', key='hhi', value=0.2, date=2014-01-01, "
             "basis='source', source='x'}]"},
            "markets.inputs[0].date",
        ),
        (
            {"markets": "inputs = [{market='USA', key='hhi', value=2.0, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "markets.inputs[0].value",
        ),
        (
            {"markets": "inputs = [{market='USA', key='hhi', value=0.2, date=2013-01-01, "
             "basis='source', source='x'}, {market='us', key='hhi', value=0.3, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "a second hhi for USA",
        ),
        (
            {"markets": "inputs = [{market='Atlantis', key='hhi', value=0.2, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "markets.inputs[0].market",
        ),
        # units
        (
            {"markets": "inputs = [{market='USA', key='tariff', value=15, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "tariff of USA is 15. It is a fraction of the value, 20 % being 0.2",
        ),
        (
            {"markets": "inputs = [{market='USA', key='price_index', value=90, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "100 % being 1",
        ),
        (
            {"markets": "inputs = [{market='USA', key='population', value=3e5, date=2013-01-01, "
             "basis='source', source='x'}]"},
            "give single persons, not thousands",
        ),
        # groups and people
        ({"limits": 'not_together = [["IND", "India"]]\nmust = ["IND"]'}, "IND stands there twice"),
        ({"limits": 'must = ["PRI"]'}, "limits.must: no population is known for PRI"),
        (
            {"firm": "served = [{market='PRI', units=1, mode='online', since=2013-01-01}]"},
            "firm.served[0].market: no population is known for PRI",
        ),
        (
            {"limits": 'after = [["BRA", "ZMB"]]\nfixed = {IDN = "2015Q1"}\n'
             'by = {IDN = "2014Q4"}'},
            "IDN is due by 2014Q4, but is fixed in 2015Q1",
        ),
    ],
)  # fmt: skip
def test_each_contradiction_is_one_problem(make, panel, tables, expected):
    problems = found(make(**tables), panel)
    assert len(problems) == 1, problems
    assert problems[0].startswith("acme.toml, ")
    assert expected in problems[0]


def test_circles_of_waiting_hide_nothing(make, panel):
    case = make(
        limits='after = [["BRA", "IND"], ["IND", "BRA"], ["DEU", "FRA"], ["FRA", "DEU"]]\n'
        'fixed = {IDN = "2015Q1"}\nby = {IDN = "2014Q4"}',
    )
    first, second, third = found(case, panel)
    assert "these wait for one another" in first and "these wait for one another" in second
    assert {"BRA", "DEU"} == {word for word in ("BRA", "DEU") if word in first + second}
    assert "IDN is due by 2014Q4, but is fixed in 2015Q1" in third


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("revenue = 2e9", "revenue = 2e6"),  # in thousands
        ("revenue = 2e9", "revenue = 2000"),  # in millions
        ("revenue = 2e9", "revenue = 2"),  # in billions
        ("units = 7.2e6", "units = 7200"),
        ("units = 7.2e6", "units = 7.2"),
        ("price = 200\nunit_cost = 160", "price = 20000\nunit_cost = 16000"),  # in cents
    ],
)
def test_mixed_units(text, panel, old, new):
    assert old in text
    (problem,) = found(Case.loads(text.replace(old, new)), panel)
    assert problem.startswith("acme.toml, firm.revenue: revenue ")
    assert "not in thousands, millions or cents" in problem


@pytest.mark.parametrize(
    "changes",
    [
        {"revenue = 2e9": "revenue = 8e8"},  # channels and taxes take two fifths
        {"revenue = 2e9": "revenue = 1e11"},  # a small part of a large firm
        {"units = 7.2e6": "units = 0"},  # sells nothing yet
        {"revenue = 2e9": "revenue = 2e12", "price = 200": "price = 2e5", "= 160": "= 1.6e5"},
    ],
)
def test_real_firms_are_not_refused_for_their_size(text, panel, changes):
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    assert found(Case.loads(text), panel) == []


def test_served_units_count_beside_those_at_home(text, insert, panel):
    text = text.replace("units = 7.2e6", "units = 1000")
    assert len(found(Case.loads(text), panel)) == 1
    served = "served = [{market='HKG', units=7e6, mode='online', since=2013-01-01}]"
    assert found(Case.loads(insert(text, firm=served)), panel) == []


def test_a_date_before_all_figures(text, panel):
    case = Case.loads(text.replace("2013-03-31", "1950-03-31"))
    (problem,) = found(case, load_panel(case.as_of))
    assert "as_of: no population was published by 1950-03-31" in problem


def test_a_currency_that_is_not_known(text, panel):
    case = Case.loads(text.replace('"USD"', '"EUX"\ndollars = 1.3'))
    (problem,) = found(case, panel)
    assert "currency: no currency 'EUX'. Did you mean " in problem and "EUR" in problem
    assert found(Case.loads(text.replace('"USD"', '"DEM"\ndollars = 0.6')), panel) == []


def test_cuts_that_save_more_than_the_cost(make, panel):
    (problem,) = found(make(parameters='"knowledge.neighbourhood" = 0.9'), panel)
    assert "experience would save more than the whole cost" in problem


def test_a_price_below_cost(text, make, panel):
    case = Case.loads(text.replace("price = 200", "price = 150"), "acme.toml")
    assert "product.price: price 150 is below unit_cost 160" in found(case, panel)[0]


@pytest.mark.parametrize(
    ("teams", "tables", "expected"),
    [
        ("0", 'must = ["IND"]', "limits.teams: there are no launch teams, but IND must"),
        ("0", "", None),
        ('[{from = "2013Q4", teams = 2}]', "", "limits.teams[0].from"),
        (
            '[{from = "2013Q2", teams = 2}, {from = "2013Q2", teams = 3}]',
            "",
            "limits.teams[1].from",
        ),
        ('[{from = "2012Q1", teams = 2}, {from = "2014Q1", teams = 3}]', "", None),
        (
            '[{from = "2013Q2", teams = 0}, {from = "2015Q1", teams = 3}]',
            'fixed = {IND = "2015Q1"}',
            "IND in preparation in 2014Q4 takes at least 0.3 launch teams; there are 0",
        ),
        (
            '[{from = "2013Q2", teams = 0}, {from = "2015Q1", teams = 3}]',
            'fixed = {IND = "2015Q2"}',
            None,
        ),
        (
            '[{from = "2013Q2", teams = 0}, {from = "2015Q1", teams = 3}]',
            'by = {IND = "2015Q1"}',
            "limits.by.IND: IND is due by 2015Q1, but no mode of entry has the launch teams",
        ),
        (
            '[{from = "2013Q2", teams = 0}, {from = "2015Q1", teams = 3}]',
            'by = {IND = "2015Q2"}',
            None,
        ),
        ('[{from = "2013Q2", teams = 0}, {from = "2019Q1", teams = 1}]', 'must = ["IND"]', "due"),
        ('[{from = "2013Q2", teams = 1}, {from = "2014Q1", teams = 0}]', 'must = ["IND"]', None),
    ],
)
def test_people(text, panel, insert, teams, tables, expected):
    case = Case.loads(insert(text.replace("teams = 3", f"teams = {teams}"), limits=tables))
    problems = found(case, panel)
    assert len(problems) == (expected is not None)
    assert not expected or expected in problems[0]


def contradictions(case, panel, **preparation):
    """Of a case whose modes take the quarters and teams named here, else one and none."""
    economics = load_preset("smartphone").modes["online"]
    modes = {}
    for mode in ("online", "distributor", "joint_venture", "subsidiary"):
        quarters, teams = preparation.get(mode, (1, 0.0))
        update = {"preparation": quarters, "teams": teams}
        modes[mode] = economics.model_copy(update=update)
    return [str(problem) for problem in check_order(case.resolve(panel), set(panel.codes), modes)]


def test_the_lightest_mode_decides_unless_one_is_fixed(make, panel):
    case = make(limits='fixed = {IND = "2013Q3"}')
    assert contradictions(case, panel, subsidiary=(4, 1.0)) == []
    case = make(limits='fixed = {IND = {quarter = "2013Q3", mode = "subsidiary"}}')
    (problem,) = contradictions(case, panel, subsidiary=(4, 1.0))
    assert "limits.fixed.IND: 2013Q3 is too early" in problem
    assert "the earliest is 2014Q2" in problem


def test_people_of_fixed_entries_add_up(make, panel):
    fixed = 'fixed = {BRA = "2014Q1", IDN = "2014Q2"}'
    case = make(limits=fixed, modes='allowed = ["online"]')
    assert contradictions(case, panel, online=(1, 3.0)) == [], "one after the other"
    (problem,) = contradictions(case, panel, online=(2, 2.0))
    assert "BRA, IDN in preparation in 2013Q4 takes at least 4 launch teams; there are 3" in problem


def test_what_is_moot_is_no_contradiction(make, panel):
    case = make(
        firm="served = [{market='HKG', units=1, mode='online', since=2013-01-01}]",
        limits='after = [["BRA", "HKG"], ["IND", "China"], ["TWN", "IND"]]\n'
        'never = ["TWN"]\nnot_together = [["TWN", "IND"]]\nmust = ["IND", "BRA"]',
    )
    assert found(case, panel) == []


def test_all_contradictions_at_once(make, panel):
    case = make(
        limits='must = ["IND", "Atlantis"]\nnever = ["IND"]\nby = {BRA = "2030Q1"}',
        markets='exclude = ["Mordor"]',
    )
    keys = [problem.split(": ")[0] for problem in found(case, panel)]
    assert keys == [
        "acme.toml, markets.exclude[0]",
        "acme.toml, limits.must[1]",
        "acme.toml, limits.must",
        "acme.toml, limits.by.BRA",
    ]


def test_an_unknown_home_is_one_problem(text, panel):
    case = Case.loads(text.replace('"China"', '"Chnia"'))
    problems = found(case, panel)
    assert len(problems) == 1
    assert "firm.home" in problems[0]
    assert "China" in problems[0]


def test_a_panel_that_sees_later_data_is_refused(make):
    problems = found(make(), load_panel("2014-03-31"))
    assert len(problems) == 1
    assert "as_of" in problems[0]


def test_parameters_are_checked_against_the_one_table(make, panel):
    from beachhead.mechanisms import table

    name, parameter = next(iter(table().items()))
    low = parameter.bounds[0]
    assert found(make(parameters=f'"{name}" = {parameter.default}'), panel) == []
    assert "It should be from" in found(make(parameters=f'"{name}" = {low - 1}'), panel)[0]
    assert "Did you mean" in found(make(parameters=f'"{name}x" = 1.0'), panel)[0]


def test_economics_are_checked_against_the_preset(make, panel):
    assert found(make(economics='"online.preparation" = 1'), panel) == []
    (problem,) = found(make(economics='"online.preparatoin" = 1'), panel)
    assert problem.startswith("acme.toml, economics.online.preparatoin: ")
    assert "online.preparation" in problem


def test_own_economics_decide_the_preparation(make, panel):
    limits = 'fixed = {IND = {quarter = "2013Q3", mode = "online"}}'
    assert "too early" in found(make(limits=limits), panel)[0]
    assert found(make(limits=limits, economics='"online.preparation" = 1'), panel) == []


def test_another_currency_needs_its_rate(text, panel):
    case = Case.loads(text.replace('"USD"', '"CNY"'))
    assert "dollars" in found(case, panel)[0]
    assert found(Case.loads(text.replace('"USD"', '"CNY"\ndollars = 0.16')), panel) == []
    assert len(found(Case.loads(text.replace('"USD"', '"USD"\ndollars = 0.16')), panel)) == 1


@pytest.mark.parametrize("name", ["xiaomi-2013", "xiaomi-2018", "small-exporter"])
def test_bundled_cases_are_in_order(name):
    case = Case.load(name)
    assert check_case(case, load_panel(case.as_of)) == []


def test_what_the_template_offers_in_comments_is_in_order_too():
    """Every line that is commented out, and every value that a comment names, put in place."""
    text = new_case("acme")
    text = re.sub(r"^# (?=[\[\w ]+[=\]]|    \{|\]$)", "", text, flags=re.M)
    named = r"^(\w+ = )\S+ +#.*?such as (\[.*?\]|\{.*?\})(?=:|$).*"
    text = re.sub(named, r"\1\2", text, flags=re.M)
    text = re.sub(r"^(teams = ).*?(\[\{.*\}\])$", r"\1\2", text, flags=re.M)
    for name in ("served", "screening.overrides", "limits.teams", "limits.fixed", "limits.after"):
        assert re.search(rf"^\[?{name.rpartition('.')[2]} = .*[{{\[]", text, flags=re.M), name
    draft = parse_draft(text)
    assert check_draft(draft, load_panel(draft.as_of), check_screening) == []
