"""`check`: what it says of cases in order and of cases at fault, and what it prints where."""

import json
import subprocess
import sys
from typing import NamedTuple

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beachhead.cases import new_case
from beachhead.cases.reading import BUNDLED
from beachhead.cli import main


class Answer(NamedTuple):
    """What the program said."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys):
    """The program in this process, where what is compiled once serves all."""

    def run(*arguments) -> Answer:
        monkeypatch.setattr(sys, "argv", ["beachhead", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


TEXT = (BUNDLED / "small-exporter.toml").read_text("utf-8")


def test_plausible_figures_in_a_hundred_columns(run, tiny) -> None:
    answer = run("check", tiny)
    assert answer.status == 0 and answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0] == "tiny: in order. 3 candidates, 2024Q3 to 2026Q2."
    assert max(map(len, lines[2:])) <= 100
    assert sum(line.startswith(("Germany", "Czechia", "Slovenia")) for line in lines) == 3
    # Two years are too short for the money to come back, and it says which key to look at.
    text = " ".join(answer.out.split())
    assert "REVIEW no market brings its money back within 8 quarters" in text
    assert "look at quarters" in text
    assert lines[-1] == "Plausible? REVIEW"
    told = json.loads(run("check", tiny, "--json").out)
    assert told["problems"] == [] and told["verdict"] == "REVIEW"
    assert [market["iso3"] for market in told["newcomers"]] == ["DEU", "CZE", "SVN"]
    assert [year["year"] for year in told["newcomers"][0]["years"]] == [1, 3, 5]
    assert {finding["verdict"] for finding in told["findings"]} == {"PASS", "REVIEW"}


def test_what_cannot_be_fails_with_three(run, changed) -> None:
    # More units than the model gives the whole category at home, with revenue to match.
    path = changed("units = 400000\nrevenue = 20e6", "units = 4e6\nrevenue = 200e6")
    answer = run("check", path)
    assert answer.status == 3
    assert "FAIL    Austria: 351 % of the category" in answer.out
    assert answer.out.endswith("Plausible? FAIL\n")


def test_faults_in_json_and_in_words(run, changed) -> None:
    path = changed("price = 45.0", "price = 4.5")
    answer = run("check", path, "--json")
    assert answer.status == 1
    (problem,) = json.loads(answer.out)["problems"]
    assert problem["where"] == f"{path}, line 17, product.price"
    assert answer.err == f"error: {problem['where']}: {problem['what']}. {problem['fix']}\n"


def test_faults_of_all_kinds_at_once(run, changed) -> None:
    path = changed(
        'must = ["DEU"]', 'must = ["DEU"]\nby = {CZE = "2040Q1"}\n[screening]\nweights = {sice = 1}'
    )
    path.write_text(path.read_text().replace("units = 400000", "units = true"))
    answer = run("check", path)
    assert answer.status == 1 and answer.out == ""
    first, second, third = answer.err.splitlines()
    assert "line 12, firm.units: units is true" in first
    assert "line 31, limits.by.CZE: 2040Q1 is after the horizon" in second
    assert "line 33, screening.weights.sice: no criterion 'sice'" in third


def test_faults_are_told_before_the_libraries_of_the_simulation_are_loaded(changed) -> None:
    path = changed("unit_cost = 22.0", "unit_cost = 92.0")
    program = (
        "import sys; from beachhead.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([m for m in sys.modules if m in ('jax', 'xarray', 'altair')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", str(path)], capture_output=True, text=True
    )
    assert "below unit_cost" in done.stderr and done.stdout == "[]\n"


def test_schema(run) -> None:
    answer = run("check", "--schema")
    assert answer.status == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(answer.out))
    assert run("check").status == 2


pieces = st.sampled_from(
    ["", "=", "[", "]", "{", "}", '"', "'", "#", ".", "\n", "[firm]\n", "-1", "nan", "1e400",
     "true", "2014-13-01", '"IND"', "\x00", "é", "[[limits]]\n", "quarters = 3\n", "= 3", '"""']
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([TEXT, new_case("acme")]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), pieces), min_size=1, max_size=4),
)
def test_damaged_files_are_a_sentence_or_a_case(tmp_path, run, text, changes):
    for at, length, piece in changes:
        begin = int(at * len(text))
        text = text[:begin] + piece + text[begin + length :]
    path = tmp_path / "damaged.toml"
    path.write_text(text, encoding="utf-8", newline="")
    # `screen` reads and checks as `check` does, and needs no simulation where all is well.
    answer = run("screen", path)
    assert answer.status in (0, 1)
    if answer.status == 0:
        assert answer.err == ""
        return
    assert answer.out == "" and "Traceback" not in answer.err
    assert all(line.startswith("error: ") for line in answer.err.splitlines()), answer.err
