"""All faults of a file at once, of form and of meaning, and none that only follows from others."""

import re
from itertools import combinations

import pytest

from beachhead.cases import check_draft
from beachhead.cases.drafts import Known
from beachhead.cases.reading import parse_draft
from beachhead.data import load_panel
from beachhead.screening import check_screening

GOOD = """\
as_of = 2013-03-31
quarters = 24
currency = "CNY"
dollars = 0.16

[firm]
name = "Acme"
home = "China"
units = 7.2e6
revenue = 12e9
entered_home = 2011
served = [
    {market = "HKG", units = 1000, mode = "online", since = 2013-01-01},
    {market = "TWN", units = 1000, mode = "online", since = 2013-01-01},
]
rivals = [
    {name = "A", share = 0.1},
    {name = "B", share = 0.2},
]

[product]
category = "smartphone"
price = 1600
unit_cost = 1300

[markets]
candidates = ["IND", "BRA", "IDN", "DEU", "FRA"]
exclude = ["FRA"]
inputs = [
    {market = "IND", key = "hhi", value = 0.2, date = 2013-01-01, basis = "source", source = "x"},
    {market = "BRA", key = "hhi", value = 0.2, date = 2013-01-01, basis = "source", source = "x"},
]

[modes]
allowed = ["online", "distributor"]
localisation = [0.0, 1.0]

[limits]
teams = 3
capital = 3e9
cash_floor = 0
must = []
never = []
fixed = {}
by = {}
after = [["IND", "BRA"], ["IDN", "BRA"]]
not_together = [["IND", "BRA"]]

[risk]
aversion = 0.3

[screening]
weights = {}

[parameters]

[economics]
"""

# Each fault: text, what stands in its place, key of the problem, and keys that its check reads.
FAULTS = {
    # of form
    "quarters": ("quarters = 24", "quarters = 400", "quarters", {"quarters"}),
    "risk": ("aversion = 0.3", "aversion = 30", "risk.aversion", {"risk"}),
    "name": ('name = "Acme"\n', "", "firm.name", {"firm.name"}),
    "misspelt": ("localisation =", "localization =", "modes.localization", {"modes.localisation"}),
    "served": ('"HKG", units = 1000', '"HKG", units = -1', "firm.served[0].units", {"firm.served"}),
    "rival": ("share = 0.2", "share = 20", "firm.rivals[1].share", {"firm.rivals"}),
    "mode": ('"distributor"]', '"shop"]', "modes.allowed[1]", {"modes.allowed"}),
    "after": ('["IDN", "BRA"]]', '["IDN"]]', "limits.after[1]", {"limits.after"}),
    "fixed": ("fixed = {}", 'fixed = {DEU = "soon"}', "limits.fixed.DEU", {"limits.fixed"}),
    "by": ("by = {}", "by = 3", "limits.by", {"limits.by"}),
    "not_together": (
        '[["IND", "BRA"]]', '[["IND", 3]]', "limits.not_together[0][1]", {"limits.not_together"},
    ),
    # of meaning
    "price": ("price = 1600", "price = 1200", "product.price", {"product.price"}),
    "cents": ("revenue = 12e9", "revenue = 12", "firm.revenue", {"firm.revenue", "firm.units",
              "product.price", "firm.served"}),
    "floor": ("cash_floor = 0", "cash_floor = 9e9", "limits.cash_floor", {"limits.cash_floor"}),
    "currency": ('"CNY"', '"CNX"', "currency", {"currency"}),
    "rate": ("dollars = 0.16\n", "", "dollars", {"dollars", "currency"}),
    "later": ("entered_home = 2011", "entered_home = 2014", "firm.entered_home",
              {"firm.entered_home"}),
    "place": ('"DEU", "FRA"]', '"DEU", "Atlantis", "FRA"]', "markets.candidates[4]",
              {"markets.candidates"}),
    "row": ('"BRA", key = "hhi", value = 0.2, date = 2013', '"BRA", key = "hhi", value = 0.2, '
            "date = 2014", "markets.inputs[1].date", {"markets.inputs"}),
    "percent": ('"IND", key = "hhi", value = 0.2', '"IND", key = "tariff", value = 20',
                "markets.inputs[0].value", {"markets.inputs"}),
    "never": ("must = []\nnever = []", 'must = ["DEU"]\nnever = ["DEU"]', "limits.must",
              {"limits.must", "limits.never"}),
    "weight": ("weights = {}", "weights = {sice = 1}", "screening.weights.sice", {"screening"}),
    "parameter": ("[parameters]\n", '[parameters]\n"entry.hast" = 1\n', "parameters.entry.hast",
                  {"parameters"}),
    "economics": ("[economics]\n", "[economics]\nrivls = 1\n", "economics.rivls", {"economics"}),
}  # fmt: skip


def found(text):
    """Keys at fault and the problems in words, without the lines."""
    draft = parse_draft(text, "acme.toml")
    panel = load_panel(draft.as_of)
    problems = check_draft(draft, panel, check_screening)
    assert all(p.where.startswith("acme.toml, ") for p in problems), problems
    return {re.sub(r"line \d+, ", "", str(problem)) for problem in problems}


def spoil(*names):
    text = GOOD
    for name in names:
        old, new, _, _ = FAULTS[name]
        assert text.count(old) == 1, (name, text.count(old))
        text = text.replace(old, new)
    return text


def test_the_case_is_in_order():
    assert found(GOOD) == set()


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_one_problem_with_key_and_line(name):
    text, key = spoil(name), FAULTS[name][2]
    (problem,) = check_draft(
        parse_draft(text, "acme.toml"), load_panel("2013-03-31"), check_screening
    )
    if name == "rate":  # no line: the key is missing, and belongs to no table
        assert problem.where == "acme.toml, dollars"
        return
    file, line, where = problem.where.split(", ", 2)
    assert (file, where) == ("acme.toml", key)
    named = text.splitlines()[int(line.removeprefix("line ")) - 1]
    last = re.sub(r"(\[\d+\])+$", "", key).rpartition(".")[2]
    holder = key.partition(".")[0]
    assert last in named or f"[{holder}]" in named or "{" in named, (key, named)


def touches(one, other):
    return any(
        a == b or a.startswith((f"{b}.", f"{b}[")) or b.startswith((f"{a}.", f"{a}["))
        for a in FAULTS[one][3]
        for b in FAULTS[other][3]
    )


def test_faults_of_different_keys_neither_hide_nor_breed_one_another():
    alone = {name: found(spoil(name)) for name in FAULTS}
    pairs = [pair for pair in combinations(FAULTS, 2) if not touches(*pair)]
    assert len(pairs) > 200
    # Each pair once, many pairs to a file: in a file of faults that do not touch one another,
    # whatever one of them hid or bred would show.
    while pairs:
        names: list[str] = []
        for name in dict.fromkeys(name for pair in pairs for name in pair):
            fits = not any(touches(name, other) for other in names)
            if fits and all(FAULTS[name][0] not in FAULTS[o][0] for o in names):
                names.append(name)
        assert found(spoil(*names)) == set().union(*(alone[name] for name in names)), names
        done = set(combinations(names, 2)) | {(b, a) for a, b in combinations(names, 2)}
        left = [pair for pair in pairs if pair not in done]
        assert len(left) < len(pairs)
        pairs = left


def test_ten_faults_of_both_kinds_are_ten_problems():
    names = ["risk", "name", "misspelt", "served", "rival", "mode", "floor", "currency", "never",
             "weight"]  # fmt: skip
    problems = check_draft(
        parse_draft(spoil(*names), "acme.toml"), load_panel("2013-03-31"), check_screening
    )
    assert len(problems) == 10
    assert {p.where.split(", ", 2)[2] for p in problems} == {FAULTS[name][2] for name in names}


@pytest.mark.parametrize(
    "lost", ["as_of = 2013-03-31\n", 'home = "China"\n', "teams = 3\n", "capital = 3e9\n",
             'category = "smartphone"\n', "price = 1600\n", "units = 7.2e6\n"],
)  # fmt: skip
def test_a_missing_key_is_one_problem(lost):
    (problem,) = found(GOOD.replace(lost, ""))
    assert f"'{lost.split(' ')[0]}' is missing" in problem


def test_a_missing_table_is_one_problem():
    text = re.sub(r"\[limits\]\n.*?\n\n", "", GOOD, flags=re.S)
    assert len(found(text)) == 1
    assert len(found("")) == 4  # as_of, firm, product, limits


def test_what_hangs_on_a_faulty_key_is_not_told():
    text = GOOD.replace("fixed = {}", 'fixed = {DEU = "2030Q1"}')
    assert len(found(text)) == 1
    assert len(found(text.replace("quarters = 24", "quarters = 400"))) == 1  # of quarters alone
    text = GOOD.replace("must = []", 'must = ["USA"]')
    assert any("does not name it" in problem for problem in found(text))
    assert len(found(text.replace('"DEU", "FRA"]', '"DEU", 3]'))) == 1  # 3 might have been it


def test_rows_behind_one_that_is_taken_out_keep_their_place():
    text = spoil("served").replace(
        '"online", since = 2013-01-01},\n]', '"online", since = 2014-01-01},\n]'
    )
    keys = {problem.split(": ")[0] for problem in found(text)}
    assert keys == {"acme.toml, firm.served[0].units", "acme.toml, firm.served[1].since"}


def test_rows_of_the_table_beside_have_their_own_place(tmp_path):
    (tmp_path / "extra.csv").write_text(
        "iso3,key,value,date,basis,source\n# a remark\nBRA,tariff,25,2013-01-01,source,x\n"
        "Atlantis,hhi,0.2,2013-01-01,source,x\nIND,hhi,much,2013-01-01,source,x\n"
    )
    path = tmp_path / "acme.toml"
    text = GOOD.replace("[markets]\n", '[markets]\ntable = "extra.csv"\n')
    draft = parse_draft(text, path)
    where = [p.where for p in check_draft(draft, load_panel(draft.as_of))]
    table = tmp_path / "extra.csv"
    assert where == [
        f"{table}, line 3, value", f"{table}, line 4, iso3", f"{table}, line 5, value",
    ]  # fmt: skip


def test_known_keys():
    known = Known(frozenset({"limits.teams", "firm.served[-]", "product"}))
    assert not known("limits.teams") and not known("limits") and known("limits.must")
    assert not known("firm.served") and known("firm.served[0].units") and known("firm.home")
    assert not known("product.price") and known("limits.teams_of_old")
    assert not known("firm.home", "limits.teams[0].from")
