"""Cases as data: candidates, quarters, writing and reading back."""

import datetime
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beachhead.cases import Case
from beachhead.cases.case import (
    COLUMN_KEY,
    Distance,
    Firm,
    FixedEntry,
    Input,
    Limits,
    Markets,
    Modes,
    Override,
    OwnCriterion,
    Product,
    Risk,
    Rival,
    Screening,
    Served,
    TeamStep,
)
from beachhead.data import load_panel
from beachhead.errors import InputError

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1).filter(
    lambda text: text == text.strip()
)
codes = st.text(string.ascii_uppercase, min_size=3, max_size=3)
amounts = st.floats(0, 1e15)
positive = st.floats(1e-9, 1e15)
shares = st.floats(0, 1)
days = st.dates(datetime.date(1990, 1, 1), datetime.date(2100, 1, 1))
labels = st.builds("{}Q{}".format, st.integers(1990, 2100), st.integers(1, 4))
modes = st.sampled_from(["online", "distributor", "joint_venture", "subsidiary"])


def tuples(items, **sizes):
    return st.lists(items, max_size=3, **sizes).map(tuple)


numbers = st.floats(allow_nan=False, allow_infinity=False)
cases = st.builds(
    Case,
    name=words,
    title=words,
    as_of=days,
    quarters=st.integers(4, 40),
    currency=codes,
    dollars=st.none() | positive,
    notes=tuples(words),
    firm=st.builds(
        Firm,
        name=words,
        home=codes,
        units=amounts,
        revenue=positive,
        entered_home=st.none() | st.integers(1900, 2100),
        served=tuples(st.builds(Served, market=codes, units=amounts, mode=modes, since=days)),
        rivals=tuples(st.builds(Rival, name=words, share=shares)),
    ),
    product=st.builds(
        Product,
        category=st.sampled_from(["smartphone", "subscription", "retail", "generic"]),
        price=positive,
        unit_cost=positive,
        launch=st.none() | st.integers(1900, 2100),
        new_category=st.booleans(),
    ),
    markets=st.builds(
        Markets,
        candidates=st.just("all") | tuples(words),
        regions=tuples(words),
        blocs=tuples(words),
        exclude=tuples(words),
        table=st.just(""),
        inputs=tuples(
            st.builds(
                Input,
                market=codes,
                key=st.sampled_from(["closed_share", "hhi", "tariff"]),
                value=shares,
                date=days,
                basis=st.sampled_from(["source", "judgement", "hindsight"]),
                source=words,
            )
        ),
    ),
    modes=st.builds(
        Modes, allowed=tuples(modes, min_size=1), localisation=tuples(shares, min_size=1)
    ),
    limits=st.builds(
        Limits,
        teams=st.integers(0, 100)
        | tuples(st.builds(TeamStep, start=labels, teams=st.integers(0, 9)), min_size=1),
        capital=amounts,
        cash_floor=amounts,
        ruin=shares,
        must=tuples(words),
        never=tuples(words),
        fixed=st.dictionaries(
            words, st.builds(FixedEntry, quarter=labels, mode=st.none() | modes), max_size=3
        ),
        by=st.dictionaries(words, labels, max_size=3),
        after=tuples(st.tuples(words, words)),
        not_together=tuples(tuples(words, min_size=2)),
        max_markets=st.none() | st.integers(0, 200),
    ),
    risk=st.builds(
        Risk,
        aversion=shares,
        tail=st.floats(0.01, 1),
        discount=shares,
        terminal_years=st.integers(0, 50),
    ),
    screening=st.builds(
        Screening,
        method=st.sampled_from(["weighted_sum", "topsis", "promethee"]),
        weights=st.dictionaries(words, amounts, max_size=3),
        floors=st.dictionaries(words, numbers, max_size=3),
        criteria=tuples(
            st.builds(
                OwnCriterion,
                key=st.from_regex(COLUMN_KEY, fullmatch=True),
                column=st.none() | words,
                low=st.none() | numbers,
                high=st.none() | numbers,
                transform=st.none() | st.sampled_from(["linear", "log"]),
                weight=st.none() | amounts,
                words=st.none() | words,
                unit=st.none() | words,
            )
        ),
        overrides=tuples(st.builds(Override, market=words, score=shares, reason=words)),
    ),
    distance=st.builds(
        Distance, culture=tuples(words), weights=st.dictionaries(words, amounts, max_size=3)
    ),
    economics=st.dictionaries(words, amounts, max_size=3),
    parameters=st.dictionaries(words, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(cases)
def test_what_is_written_reads_back_equal(case):
    text = case.to_toml()
    again = Case.loads(text, "other-name.toml")
    assert again == case
    assert again.to_toml() == text


@pytest.mark.parametrize("name", ["xiaomi-2013", "xiaomi-2018", "small-exporter"])
def test_bundled_cases_are_written_complete(name):
    case = Case.load(name)
    text = case.to_toml()
    assert Case.loads(text) == case
    for line in ("home = ", "price = ", "never = []", "must = []", "[risk]", "[parameters]"):
        assert f"\n{line}" in text
    assert '\ntable = ""' in text, "the rows stand in the file itself"


def test_every_key_of_the_schema_is_written(make):
    def keys(model):
        for name, field in model.model_fields.items():
            yield field.alias or name

    text = make().to_toml()
    for model in (Case, Firm, Product, Markets, Modes, Limits, Risk, Screening):
        for key in keys(model):
            forms = (f"\n{key} = ", f"\n# {key} is not set", f"\n[{key}]")
            assert any(form in f"\n{text}" for form in forms), key


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (datetime.date(2013, 3, 31), "2013Q2"),
        (datetime.date(2013, 4, 1), "2013Q2"),
        (datetime.date(2013, 4, 2), "2013Q3"),
        (datetime.date(2013, 12, 31), "2014Q1"),
    ],
)
def test_quarter_0_is_the_first_that_begins_on_or_after_as_of(make, as_of, first):
    case = make().model_copy(update={"as_of": as_of})
    assert case.quarter_label(0) == first
    assert case.quarter_index(first) == 0


@given(st.integers(-100, 100))
def test_labels_and_indices_are_inverse(t):
    case = Case.load("small-exporter")
    assert case.quarter_index(case.quarter_label(t)) == t


@pytest.mark.parametrize("label", ["2014", "2014Q5", "14Q1", "2014q1", "", "2014Q1\n"])
def test_no_quarter(make, label):
    with pytest.raises(InputError, match="is no quarter"):
        make().quarter_index(label)


def test_teams_by_quarter(text, make):
    assert make().teams_by_quarter() == (3,) * 24
    steps = 'teams = [{from = "2012Q1", teams = 2}, {from = "2014Q1", teams = 5}]'
    case = Case.loads(text.replace("teams = 3", steps))
    assert case.teams_by_quarter() == (2,) * 3 + (5,) * 21


def test_candidates_all_but_home_served_excluded_and_never(make, panel):
    case = make(
        firm="served = [{market='Hong Kong', units=1, mode='online', since=2013-01-01}]",
        markets='exclude = ["Taiwan"]',
        limits='never = ["USA"]',
    )
    left = set(panel.codes) - {"CHN", "HKG", "TWN", "USA"}
    assert case.candidate_iso3(panel) == tuple(sorted(left))


def test_a_list_is_added_to_and_all_is_narrowed(make, panel):
    south = set(panel.within("Southern Asia"))
    narrowed = make(markets='regions = ["Southern Asia"]')
    assert set(narrowed.candidate_iso3(panel)) == south
    added = make(markets='candidates = ["Brazil"]\nregions = ["Southern Asia"]')
    assert set(added.candidate_iso3(panel)) == south | {"BRA"}


def test_blocs_are_those_of_the_day(make):
    case = make(markets='blocs = ["EU"]')
    then = case.candidate_iso3(load_panel(case.as_of))
    assert "GBR" in then, "a member in 2013"
    assert "HRV" not in then, "a member from July 2013"


def test_resolve_puts_codes_for_names(make, panel):
    case = make(
        firm="served = [{market='Hong Kong', units=1, mode='online', since=2013-01-01}]",
        markets='candidates = ["Brazil", "India"]\nexclude = ["Indonesia"]',
        limits='must = ["India"]\nfixed = {Brazil = "2014Q3"}\nafter = [["Brazil", "India"]]',
    ).resolve(panel)
    assert case.firm.home == "CHN"
    assert case.firm.served[0].market == "HKG"
    assert case.markets.candidates == ("BRA", "IND")
    assert case.markets.exclude == ("IDN",)
    assert case.limits.must == ("IND",)
    assert list(case.limits.fixed) == ["BRA"]
    assert case.limits.after == (("BRA", "IND"),)
    assert case.resolve(panel) == case


def test_resolve_names_all_that_is_unknown(make, panel):
    case = make(limits='must = ["Atlantis"]\nnever = ["Mordor"]')
    with pytest.raises(InputError) as caught:
        case.resolve(panel)
    assert len(caught.value.problems) == 2


def test_the_inputs_of_the_replay_know_nothing_of_later():
    case = Case.load("xiaomi-2013")
    assert all(row.date <= case.as_of for row in case.markets.inputs)
    assert {row.basis for row in case.markets.inputs} == {"source", "judgement"}
    assert case.firm.served == ()
