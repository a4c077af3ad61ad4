"""Cases over the interface: form and text in step, faults at their keys, what is refused."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from served import PROGRAM
from tiny_firm import CASE

from beachhead.cases import Case, bundled_cases, new_case, write_workbook
from beachhead.web.drafting import LEVERS, edit, list_candidates, read, show_values


def draft(client: TestClient, case: str, text: str = CASE, **asked) -> dict:
    answer = client.post(f"/api/cases/{case}/draft", json={"text": text, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_field_changes_its_line_and_nothing_else(client, case) -> None:
    changes = [{"key": "limits.teams", "value": 3}, {"key": "product.price", "value": 50.5}]
    found = draft(client, case, changes=changes)
    expected = CASE.replace("teams = 2", "teams = 3")
    expected = expected.replace("price = 45.0      # with tax", "price = 50.5      # with tax")
    assert found["text"] == expected
    assert found["values"]["limits.teams"] == 3 and not found["faults"]
    assert found["about"] == {
        "candidates": 3, "first": "2024Q3", "last": "2026Q2", "home": "Austria",
    }  # fmt: skip


def test_text_says_what_the_fields_hold(client, case) -> None:
    found = draft(client, case, CASE.replace("capital = 4e6", "capital = 5e6"))
    assert found["values"]["limits.capital"] == 5e6
    assert found["values"]["as_of"] == "2024-06-30"
    assert "limits.ruin" not in found["values"]


@pytest.mark.parametrize("key", LEVERS)
def test_every_lever_is_put_in_and_taken_out_again(key: str) -> None:
    text = new_case("acme")
    there = show_values(tomllib.loads(text)).get(key)
    for value in (there if there is not None else 7, [1, 2], "x"):
        changed = edit(text, [(key, value)])
        assert show_values(tomllib.loads(changed))[key] == value
        comments = [line.partition("#")[2] for line in changed.splitlines() if "#" in line]
        assert comments == [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert key not in show_values(tomllib.loads(edit(text, [(key, None)])))


def test_faults_are_those_of_check_at_their_keys(client, case, tmp_path) -> None:
    text = CASE.replace("teams = 2", "teams = -1").replace("price = 45.0", "price = 5.0")
    text = text.replace('home = "AUT"', 'home = "Austira"').replace("[risk]", "") + "\nwrong = 1\n"
    found = draft(client, case, text)["faults"]
    assert {fault["key"] for fault in found} == {
        "limits.teams", "product.price", "firm.home", "limits.wrong",
    }  # fmt: skip
    lines = text.splitlines()
    for fault in found:
        assert fault["key"].rpartition(".")[2] in lines[fault["line"] - 1]
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    check = subprocess.run(
        [sys.executable, "-c", PROGRAM, "check", "tiny.toml", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = {(p["what"], p["where"], p["fix"]) for p in json.loads(check.stdout)["problems"]}
    assert said == {(f["what"], f["where"], f["fix"]) for f in found}


def test_broken_text_is_placed_by_its_line_and_the_form_waits(client, case) -> None:
    text = CASE.replace("[product]", "[product")
    (fault,) = draft(client, case, text)["faults"]
    assert fault["line"] == text.splitlines().index("[product") + 1
    answer = client.post(
        f"/api/cases/{case}/draft",
        json={"text": text, "changes": [{"key": "limits.teams", "value": 3}]},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_figure_can_be_of_is_a_fault(client, case, day: str) -> None:
    (fault,) = draft(client, case, CASE.replace("2024-06-30", day))["faults"]
    assert fault["key"] == "as_of" and day in fault["what"]


def test_must_and_never_are_switches(client, case) -> None:
    text = CASE.replace('must = ["DEU"]', 'must = ["Germany"]')
    found = draft(client, case, text, demand={"market": "DEU", "how": "never"})
    assert "must = []    # a partner waits" in found["text"] and 'never = ["DEU"]' in found["text"]
    rows = client.post(f"/api/cases/{case}/candidates", json={"text": found["text"]}).json()
    assert {row["iso3"]: row["demand"] for row in rows} == {
        "DEU": "never", "CZE": "free", "SVN": "free",
    }  # fmt: skip
    found = draft(client, case, found["text"], demand={"market": "Germany", "how": "free"})
    assert tomllib.loads(found["text"])["limits"]["never"] == []


def test_who_saves_on_an_old_text_is_told(client, case) -> None:
    one = client.get(f"/api/cases/{case}").json()
    saved = client.put(f"/api/cases/{case}", json={"text": CASE + "#1\n", "was": one["version"]})
    assert saved.status_code == 200
    late = client.put(f"/api/cases/{case}", json={"text": CASE + "#2\n", "was": one["version"]})
    assert late.status_code == 409
    assert client.get(f"/api/cases/{case}").json()["text"] == CASE + "#1\n"


@pytest.mark.parametrize("name", bundled_cases())
def test_a_copy_of_a_bundled_case_is_in_order_with_its_tables(client, name: str) -> None:
    made = client.post("/api/cases", json={"name": name, "source": name}).json()
    found = draft(client, made["name"], made["text"])
    assert found["faults"] == []
    shown = len(client.post(f"/api/cases/{name}/candidates", json={"text": made["text"]}).json())
    assert shown == found["about"]["candidates"]


def test_a_workbook_becomes_text(client, tmp_path: Path) -> None:
    path = tmp_path / "acme.xlsx"
    write_workbook(Case.loads(CASE, path), path)
    made = client.post("/api/uploads/acme.xlsx", content=path.read_bytes()).json()
    assert Case.loads(made["text"]).limits.capital == 4e6
    broken = client.post("/api/uploads/acme.xlsx", content=b"PK no workbook")
    assert broken.status_code == 422 and "workbook" in broken.json()["problems"][0]["what"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/rows.csv", "a/../../b.csv", "x.toml"])
def test_tables_elsewhere_are_not_read(client, case, name: str) -> None:
    text = CASE.replace("candidates =", f'table = "{name}"\ncandidates =')
    (fault,) = draft(client, case, text)["faults"]
    assert fault["key"] == "markets.table" and "no table beside the case" in fault["what"]
    asked = client.put(
        f"/api/cases/{case}",
        json={"text": text, "was": client.get(f"/api/cases/{case}").json()["version"]},
    )
    assert asked.status_code == 200
    assert client.post("/api/plans", json={"case": case}).status_code == 422


def test_a_table_beside_the_case_is_read(client, case) -> None:
    text = CASE.replace("candidates =", 'table = "rows.csv"\ncandidates =')
    assert "no such file" in draft(client, case, text)["faults"][0]["what"]
    rows = "iso3,key,value,date,basis,source\nDEU,tariff,0.02,2024-01-01,judgement,us\n"
    answer = client.put(f"/api/cases/{case}/tables/rows.csv", content=rows.encode())
    assert answer.json() == ["rows.csv"]
    assert draft(client, case, text)["faults"] == []


def test_what_comes_from_a_file_is_never_markup(client) -> None:
    nasty = '<img src=x onerror="alert(1)">'
    text = CASE.replace("Three neighbours", nasty.replace('"', "'"))
    name = client.post("/api/uploads/nasty.toml", content=text.encode()).json()["name"]
    answer = client.get("/api/cases")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert any(case["name"] == name and "<img" in case["title"] for case in answer.json())


NASTY = (
    "1e400", "nan", "-5", "99999999999999999999999999", "true", "[]", "{}", "[[]]", "[{}]", '""',
    '"\\u0000"', "0001-01-01", "9999-12-31", "2024-01-01T00:00:00Z", "12:00:00", '"all"',
    '["FRA", "FRA"]', '{FRA = "2025Q1"}', '[["FRA", "FRA"]]', '[{from = "9999Q9"}]', "{a.b.c = 1}",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("key", re.findall(r"^([a-z_]+) = ", new_case("acme"), re.MULTILINE))
def test_whatever_stands_at_a_key_is_read_or_told(key: str, tmp_path: Path) -> None:
    text = new_case("acme")
    for value in NASTY:
        line = re.compile(rf"^{key} = .*$", re.MULTILINE)
        reading = read(line.sub(lambda _, value=value: f"{key} = {value}", text), tmp_path / "a")
        json.dumps(show_values(reading.data), allow_nan=False)
        list_candidates(reading)
