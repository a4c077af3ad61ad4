"""A run folder comes back as it was written, or says what is wrong with it."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from beachhead.cases import Column, Input, overlay
from beachhead.cases.case import Override, OwnCriterion, Screening
from beachhead.data import load_panel
from beachhead.errors import InputError
from beachhead.planning import Effort
from beachhead.reporting.folder import claim_folder
from beachhead.reporting.run import read_run, write_run, write_simulation
from beachhead.screening import screen

FILES = {
    "case.toml", "plan.json", "schedule.csv", "futures.nc", "ranking.parquet", "report.html",
    "run.json",
}  # fmt: skip


def write(folder: Path, answer) -> Path:
    effort = Effort({"search": 1.25}, evaluations=1600)
    write_run(
        folder, answer.case, answer.panel, answer.ranking, answer.plan, answer.futures, effort
    )
    return folder


@pytest.fixture(scope="module")
def run(answer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("runs") / "made", answer)


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_run_comes_back(run: Path, answer) -> None:
    found = read_run(run)
    assert {path.name for path in run.iterdir()} == FILES
    assert found.case == answer.case.resolve(answer.panel)
    assert found.plan == answer.plan
    assert found.panel.digest == answer.panel.digest
    assert found.ranking.table.equals(answer.ranking.table)
    assert found.ranking.criteria == answer.ranking.criteria
    for name in ("weights", "agreement", "without"):
        assert getattr(found.ranking, name).equals(getattr(answer.ranking, name)), name
    xr.testing.assert_identical(found.futures, answer.futures)
    assert found.stamp["evaluations"] == 1600
    assert found.stamp["seconds"] == {"search": 1.25}
    assert found.stamp["precision"] == "float64"


def test_run_and_report_name_what_the_case_sets_itself(run: Path, answer, tmp_path: Path) -> None:
    own = {"parameters": {"entry.haste": 0.4}, "economics": {"online.entry": 0.02}}
    changed = write(tmp_path / "set", replace(answer, case=answer.case.model_copy(update=own)))
    assert read_run(changed).stamp["overridden"] == {"entry.haste": 0.4, "online.entry": 0.02}
    said = "Set by the case in place of the preset: entry.haste 0.4, online.entry 0.02."
    assert said in (changed / "report.html").read_text("utf-8")
    assert read_run(run).stamp["overridden"] == {}
    assert "Set by the case in place" not in (run / "report.html").read_text("utf-8")


def test_own_figures_come_back_with_the_run(answer, tmp_path: Path) -> None:
    day = answer.case.as_of
    rows = [("France", "hdi", 0.5), ("FRA", "dealers", 14.0), ("CHE", "tariff", 0.25)]
    own = {
        "columns": (Column(key="dealers", words="dealers who asked us", unit="dealers"),),
        "inputs": tuple(
            Input(market=market, key=key, value=value, date=day, basis="source", source="survey 7")
            for market, key, value in rows
        ),
    }
    markets = answer.case.markets.model_copy(update=own)
    case = answer.case.model_copy(update={"markets": markets})
    found = read_run(write(tmp_path / "own", replace(answer, case=case)))
    assert found.panel.figure("FRA", "dealers").source == "survey 7"
    assert found.panel.digest == overlay(case, load_panel(as_of=day)).digest
    assert found.panel.digest != answer.panel.digest
    page = (tmp_path / "own" / "report.html").read_text("utf-8")
    shown = [
        re.sub(r"\s*<[^>]+>\s*", "|", row)
        for row in re.findall(r"<tr>(.*?)</tr>", page, flags=re.S)
        if "survey 7" in row
    ]
    theirs = answer.panel.figure("FRA", "hdi")
    assert len(shown) == 3
    assert f"{theirs.value:g} of {theirs.year} ({theirs.source})" in shown[0]
    assert "dealers who asked us" in shown[1] and "dealers" in shown[1]
    assert "fraction of its value" in shown[2] and "Switzerland" in shown[2]


def test_overrides_floors_and_own_criteria_come_back(answer, tmp_path: Path) -> None:
    asked = Screening(
        method="topsis",
        floors={"institutions": 0.0},
        criteria=(OwnCriterion(key="towns", column="urban_pop_pct", low=20, high=100, weight=0.2),),
        overrides=(Override(market="India", score=0.9, reason="a dealer <b>asked</b>"),),
    )
    case = answer.case.model_copy(update={"screening": asked})
    ranking = screen(case, answer.panel)
    found = read_run(write(tmp_path / "run", replace(answer, case=case, ranking=ranking)))
    assert found.ranking.method == "topsis"
    assert found.ranking.table.equals(ranking.table)
    assert found.ranking.criteria == ranking.criteria
    assert found.ranking.without.equals(ranking.without)
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "a dealer &lt;b&gt;asked&lt;/b&gt;" in page
    assert "Scores set by hand" in page and "passed for want of a figure" in page


def test_plan_json_keeps_the_contract(run: Path) -> None:
    plan = json.loads((run / "plan.json").read_text("utf-8"))
    assert {
        "case", "version", "seed", "effort", "status", "objective", "stay_home", "bound", "gap",
        "bound_kind", "value", "schedule", "named_strategies", "limits",
    } <= set(plan)  # fmt: skip
    assert {"mean", "sd", "p05", "p50", "p95", "cvar"} <= set(plan["value"])
    assert set(plan["schedule"][0]) >= {"iso3", "name", "enter", "mode", "localisation"}
    assert plan["schedule"][0]["enter"] == "2025Q1"


def test_same_answer_gives_the_same_bytes(run: Path, answer, tmp_path: Path) -> None:
    again = write(tmp_path / "again", answer)
    for name in FILES:
        assert (run / name).read_bytes() == (again / name).read_bytes(), name


def test_run_replaces_an_older_one_and_an_unfinished_one(copy: Path, answer) -> None:
    write(copy, answer)
    (copy / "run.json").unlink()
    write(copy, answer)
    assert {path.name for path in copy.iterdir()} == FILES


def test_folder_with_other_things_is_not_touched(answer, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(InputError, match=r"holds 'thesis.doc' and is no run"):
        write(tmp_path, answer)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_folder_that_cannot_be_made_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        claim_folder(tmp_path / "file" / "run")


def test_folder_that_cannot_be_looked_into(tmp_path: Path, monkeypatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        claim_folder(tmp_path)


def test_claiming_leaves_nothing_behind(tmp_path: Path) -> None:
    claim_folder(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_own_files_in_a_run_are_taken_along(copy: Path, answer) -> None:
    (copy / "notes.txt").write_text("mine")
    (copy / "why.json").write_text("of the old plan")
    write(copy, answer)
    assert {path.name for path in copy.iterdir()} == FILES | {"notes.txt"}
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_the_folder_one_stands_in_is_not_replaced(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="this one is in use"):
        claim_folder(Path())


def test_what_a_killed_process_left_is_put_right(copy: Path, answer) -> None:
    copy.rename(copy.with_name(".copy.before"))
    copy.with_name(".copy.4194305-x").mkdir()  # above every process there can be
    claim_folder(copy)
    assert read_run(copy).plan == answer.plan
    write(copy, answer)
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such run folder"):
        read_run(tmp_path / "absent")


def test_folder_without_a_stamp_is_no_run(copy: Path) -> None:
    (copy / "run.json").unlink()
    with pytest.raises(InputError, match=r"run\.json is missing"):
        read_run(copy)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"version": "1"}'])
def test_broken_stamp_is_said(copy: Path, text: str) -> None:
    (copy / "run.json").write_text(text)
    with pytest.raises(InputError, match=r"run\.json"):
        read_run(copy)


def test_every_missing_and_changed_file_is_named_at_once(copy: Path) -> None:
    (copy / "schedule.csv").write_text("changed")
    (copy / "futures.nc").unlink()
    with pytest.raises(InputError) as caught:
        read_run(copy)
    told = sorted(str(problem) for problem in caught.value.problems)
    assert len(told) == 2
    assert "futures.nc: the file is missing" in told[0]
    assert "schedule.csv: changed since it was written" in told[1]


def test_file_of_another_version_is_said(copy: Path) -> None:
    plan = json.loads((copy / "plan.json").read_text("utf-8"))
    del plan["objective"]
    (copy / "plan.json").write_text(json.dumps(plan))
    stamp = json.loads((copy / "run.json").read_text("utf-8"))
    stamp["files"]["plan.json"] = hashlib.sha256((copy / "plan.json").read_bytes()).hexdigest()
    stamp["version"] = "99"
    (copy / "run.json").write_text(json.dumps(stamp))
    with pytest.raises(InputError, match="written by version 99"):
        read_run(copy)


def test_other_country_figures_are_said(copy: Path) -> None:
    stamp = json.loads((copy / "run.json").read_text("utf-8"))
    (copy / "run.json").write_text(json.dumps({**stamp, "panel_sha256": "0" * 64}))
    with pytest.raises(InputError, match=r"other country figures.*as shipped.*BEACHHEAD_PANEL"):
        read_run(copy)


def test_simulation_of_a_schedule_is_no_plan(answer, tmp_path: Path) -> None:
    effort = Effort({}, evaluations=1)
    schedule = answer.plan.schedule
    write_simulation(tmp_path, answer.case, answer.panel, schedule, answer.futures, effort)
    assert {path.name for path in tmp_path.iterdir()} == {
        "case.toml", "schedule.csv", "futures.nc", "run.json",
    }  # fmt: skip
    with pytest.raises(InputError, match="no plan but a simulation"):
        read_run(tmp_path)
