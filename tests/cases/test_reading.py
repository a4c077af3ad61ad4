"""Faults of a case file: what, where and what to do, all at once."""

import datetime

import pytest

from beachhead.cases import Case, bundled_cases, check_case, new_case
from beachhead.errors import InputError


def problems(text, where="acme.toml"):
    with pytest.raises(InputError) as caught:
        Case.loads(text, where)
    return [str(problem) for problem in caught.value.problems]


def test_a_dozen_keys_are_enough(make, panel):
    case = make()
    assert case.name == "acme"
    assert case.modes.localisation == (0.0, 0.5, 1.0)
    assert check_case(case, panel) == []
    assert len(case.candidate_iso3(panel)) == len(panel.codes) - 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("price = 200", "price = -5", ["acme.toml, line 13, product.price", "-5", "above|greater"]),
        ("price = 200", 'price = "dear"', ["line 13, product.price", '"dear"', "number"]),
        ("price = 200", "price = true", ["line 13, product.price", "true", "number"]),
        ("price = 200", "price = nan", ["line 13, product.price", "finite number"]),
        ("unit_cost = 160", "unit_cost = 0", ["line 14, product.unit_cost", "greater than 0"]),
        ("quarters = 24", "quarters = 0", ["line 2, quarters", "is 0", "4 to 40"]),
        ("quarters = 24", "quarters = 400", ["line 2, quarters", "is 400", "4 to 40"]),
        ("quarters = 24", "quarters = 8.5", ["line 2, quarters", "8.5", "integer"]),
        ("teams = 3", "teams = -1", ["line 17, limits.teams", "-1"]),
        ("teams = 3", "teams = []", ["limits.teams", "[]"]),
        ("teams = 3", 'teams = [{from = "2013", teams = 1}]', ["limits.teams[0].from", "2014Q3"]),
        ("capital = 5e8", "capital = -1", ["line 18, limits.capital", "-1"]),
        ("capital = 5e8", "captal = 1", ["limits.captal", "unknown key", "'capital'"]),
        ("capital = 5e8", "capital = 5e8\ngoals = []", ["limits.goals", "Write [[targets]] with"]),
        ("2013-03-31", '"soon"', ["line 1, as_of", "soon", "2014-06-30"]),
        ('"USD"', '"dollars"', ["line 3, currency", "EUR"]),
        ('"smartphone"', '"smartfone"', ["line 12, product.category", "'smartphone', 'subscr"]),
        ('name = "Acme"', 'name = ""', ["line 6, firm.name", "at least 1 character"]),
        ("[product]", "[produkt]", ["produkt", "'product'"]),
    ],
)
def test_each_fault_names_value_file_key_and_cure(text, old, new, expected):
    assert old in text
    message = "\n".join(problems(text.replace(old, new)))
    for words in expected:
        assert any(word in message for word in words.split("|")), message


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"limits": 'by = {IND = "2014"}'}, 'limits.by.IND: IND is "2014"'),
        ({"limits": 'fixed = {IND = {quarter = "2014Q1", mod = 1}}'}, "Did you mean 'mode'?"),
        ({"limits": "fixed = {IND = 2014}"}, "limits.fixed.IND"),
        ({"limits": 'after = [["IND"]]'}, "limits.after[0]"),
        ({"limits": 'not_together = [["IND"]]'}, "limits.not_together[0]"),
        ({"limits": 'must = "IND"'}, "limits.must"),
        ({"limits": "max_markets = 1.5"}, "limits.max_markets"),
        ({"markets": 'candidates = "some"'}, "markets.candidates"),
        ({"markets": "candidates = 3"}, "markets.candidates"),
        ({"modes": "allowed = []"}, "modes.allowed"),
        ({"modes": 'allowed = ["on line"]'}, "modes.allowed[0]"),
        ({"modes": "localisation = [2]"}, "modes.localisation[0]"),
        ({"risk": "aversion = 1.5"}, "risk.aversion"),
        ({"firm": 'rivals = [{name = "A", share = 18}]'}, "firm.rivals[0].share"),
        ({"screening": "weights = {size = -1}"}, "screening.weights.size"),
        ({"parameters": 'x = "y"'}, "parameters.x"),
    ],
)
def test_faults_inside_lists_and_tables_are_placed(text, insert, tables, expected):
    found = problems(insert(text, **tables))
    assert len(found) == 1
    assert expected in found[0]


def test_a_missing_key_is_placed_in_its_table(text):
    found = problems(text.replace('home = "China"\n', ""))
    assert found == [
        "acme.toml, line 5, firm.home: 'home' is missing. Meaning: home market, ISO3 code or name."
    ]


def test_all_faults_at_once(text):
    text = text.replace("price = 200", "price = -5").replace("capital = 5e8", "capitol = 5e8")
    found = problems(text.replace("2013-03-31", "2013-03"))
    assert len(found) == 1, "what is no TOML cannot be read further"
    found = problems(text.replace("quarters = 24", "quarters = 0"))
    assert [problem.split(":")[0] for problem in found] == [
        "acme.toml, line 2, quarters",
        "acme.toml, line 13, product.price",
        "acme.toml, line 18, limits.capitol",
    ]


def test_broken_toml_has_line_and_column(text):
    (problem,) = problems(text.replace("quarters = 24", "quarters = = 24"))
    assert problem.startswith("acme.toml, line 2, column 12: not valid TOML")


def test_text_over_lines_is_not_taken_for_keys(text):
    notes = 'notes = ["""\nprice = 1\n"""]\n'
    found = problems(notes + text.replace("price = 200", "price = -5"))
    assert "line 16, product.price" in found[0]


def test_a_quoted_date_is_a_date(text):
    case = Case.loads(text.replace("2013-03-31", '"2013-03-31"'))
    assert case.as_of == datetime.date(2013, 3, 31)


def test_no_such_case_names_the_bundled_ones():
    with pytest.raises(InputError) as caught:
        Case.load("xaomi-2013")
    assert "Did you mean 'xiaomi-2013' or 'xiaomi-2018'?" in str(caught.value)
    assert "small-exporter" in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Case.load(tmp_path / "nothing.toml")


def test_a_folder_is_no_case(tmp_path):
    with pytest.raises(InputError, match="folder"):
        Case.load(tmp_path)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "case.toml"
    path.write_bytes(b"a = 1\n\xff\xfe\x00")
    with pytest.raises(InputError, match="line 2: not text in UTF-8"):
        Case.load(path)


def test_a_bundled_name_is_not_mistaken_for_a_folder(tmp_path, monkeypatch):
    (tmp_path / "xiaomi-2013").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Case.load("xiaomi-2013").firm.name == "Xiaomi"


def test_bundled_cases_have_titles():
    names = bundled_cases()
    assert {"xiaomi-2013", "small-exporter"} <= set(names)
    assert all(names.values())


def test_new_case_passes_as_written():
    from beachhead.data import load_panel

    case = Case.loads(new_case("my-case"), "my-case.toml")
    assert case.name == "my-case"
    assert check_case(case, load_panel(case.as_of)) == []


@pytest.mark.parametrize("name", ["", "a b", "../x", 'x"', "-x"])
def test_new_case_takes_names_for_files_only(name):
    with pytest.raises(InputError):
        new_case(name)


def test_python_construction_is_frozen(make):
    case = make()
    with pytest.raises(ValueError, match="frozen"):
        case.quarters = 8


def test_schema_is_json_schema(make):
    import jsonschema

    schema = Case.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == {"as_of", "firm", "product", "limits"}
    fixed = schema["$defs"]["Limits"]["properties"]["fixed"]
    assert {"type": "string", "pattern": "^[12]\\d{3}Q[1-4]$"} in (
        schema["$defs"]["FixedEntry"]["anyOf"]
    ), fixed
