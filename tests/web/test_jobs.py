"""Jobs by their folders: they outlive servers, die visibly, and are started again."""

import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from served import wait_for

from beachhead.cases import Case
from beachhead.errors import InputError
from beachhead.web import Settings
from beachhead.web.app import make_app
from beachhead.web.folder import ConflictError, Workspace
from beachhead.web.index import Index
from beachhead.web.jobs import Jobs

LONG = ["serve", "--port", "0", "--folder", "elsewhere"]  # a command that does not end by itself


@pytest.fixture
def space(folder: Path) -> Workspace:
    return Workspace(folder)


def ask(jobs: Jobs, *arguments: str, stem: str = "tiny") -> str:
    folder = jobs.space.claim(stem)
    return jobs.ask(folder, "plan", folder.name, "tiny", "Ada", list(arguments)).name


def start(space: Workspace, **settings) -> Jobs:
    jobs = Jobs(space, Settings(space.root, **settings))
    jobs.begin()
    return jobs


def test_a_job_ends_as_its_command_does(space: Workspace) -> None:
    jobs = start(space)
    try:
        good, bad = ask(jobs, "cases"), ask(jobs, "check", "nothing.toml")
        wait_for(lambda: jobs.state(good) == "done" and jobs.state(bad) == "failed", 60)
        said = jobs.show(bad)["problems"]
        assert "no such file" in said[0]["what"]
        jobs.again(bad)
        assert jobs.state(bad) in ("waiting", "running")
        with pytest.raises(ConflictError):
            jobs.again(good)
    finally:
        jobs.close()


def test_a_job_outlives_its_server_and_dies_visibly(space: Workspace) -> None:
    one = start(space)
    long = ask(one, *LONG)
    log = space.job(long) / "log.txt"

    def is_up() -> bool:
        return log.is_file() and b"page is at" in log.read_bytes()

    wait_for(is_up, 60)
    one.close()
    other = start(space)
    try:
        assert other.state(long) == "running"
        waiting = ask(other, "cases")
        assert other.show(waiting)["place"] == 1
        other.kill(long)
        wait_for(lambda: other.state(long) == "died", 20)
        wait_for(lambda: other.state(waiting) == "done", 60)
        other.again(long)
        wait_for(lambda: other.state(long) == "running", 20)
        # Also where what dies is not the job's first process but its command.
        wait_for(is_up, 60)
        group = int((space.job(long) / "process").read_text())
        children = Path(f"/proc/{group}/task/{group}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        wait_for(lambda: other.state(long) == "died", 20)
    finally:
        other.kill(long)
        other.close()


def test_the_queue_is_kept_short_and_a_job_can_be_withdrawn(space: Workspace) -> None:
    jobs = Jobs(space, Settings(space.root, queue=2))  # nobody starts them
    names = [ask(jobs, "cases"), ask(jobs, "cases")]
    assert names == ["tiny-1", "tiny-2"]
    with pytest.raises(ConflictError, match="too many"):
        ask(jobs, "cases")
    assert sorted(path.name for path in space.jobs.iterdir()) == names
    jobs.stop(names[0])
    assert jobs.state(names[0]) == "withdrawn"
    assert jobs.show(names[1])["place"] == 1


def test_two_servers_do_not_share_a_folder(space: Workspace) -> None:
    one = start(space)
    try:
        with pytest.raises(InputError, match="another server"):
            start(space)
    finally:
        one.close()
    start(space).close()


def test_the_index_is_made_from_the_folders(space: Workspace, run: str) -> None:
    jobs = Jobs(space, Settings(space.root))
    ask(jobs, "cases")
    index = Index(space, jobs)
    runs, listed = index.list_runs(), index.list_jobs()
    plan = json.loads((space.root / run / "plan.json").read_text())
    assert [(one["name"], one["objective"]) for one in runs] == [(run, plan["objective"])]
    assert [(one["name"], one["state"]) for one in listed] == [("tiny-2", "waiting")]
    for spoil in (index.file.unlink, lambda: index.file.write_bytes(b"no index" * 1000)):
        spoil()
        assert (index.list_runs(), index.list_jobs()) == (runs, listed)
    with sqlite3.connect(index.file) as other:  # of another version of the program
        other.execute("PRAGMA user_version = 99")
    assert index.list_runs("neighbours") == runs and index.list_runs("xyz") == []
    (space.root / run).rename(space.root / "renamed")
    assert [one["name"] for one in index.list_runs()] == ["renamed"]


def test_a_simulation_or_a_broken_folder_is_no_run(client: TestClient, folder: Path, run) -> None:
    (folder / "empty").mkdir()
    (folder / "odd").mkdir()
    (folder / "odd" / "run.json").write_text("{}")
    (folder / run / "plan.json").write_text("{}")
    assert client.get("/api/runs").json() == []
    for name in ("empty", "odd", run):
        assert client.get(f"/api/runs/{name}").status_code == 422
    assert client.post("/api/runs/empty/ready").status_code == 404


def test_a_faulty_case_makes_no_job(client: TestClient, case: str, folder: Path) -> None:
    text = client.get(f"/api/cases/{case}").json()
    faulty = text["text"].replace("teams = 2", "teams = -1")
    client.put(f"/api/cases/{case}", json={"text": faulty, "was": text["version"]})
    answer = client.post("/api/plans", json={"case": case})
    assert answer.status_code == 422 and "teams is -1" in answer.json()["problems"][0]["what"]
    assert client.get("/api/jobs").json() == [] and list(folder.glob(".page/jobs/*")) == []
    assert client.post("/api/plans", json={"case": "none"}).status_code == 404
    assert client.post("/api/plans", json={}).status_code == 409


def test_actuals_are_kept_in_the_run_if_they_are_in_order(client, folder: Path, run: str) -> None:
    row = {"market": "home", "quarter": "2024Q3", "metric": "units", "value": "101000"}
    assert client.get(f"/api/runs/{run}/actuals").json() == []
    kept = client.put(f"/api/runs/{run}/actuals", json={"rows": [row]}).json()
    assert (kept[0]["market"], kept[0]["value"]) == ("AUT", 101_000.0)
    wrong = client.put(f"/api/runs/{run}/actuals", json={"rows": [row, {**row, "value": "x"}]})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["where"] == "line 3, value"
    assert client.get(f"/api/runs/{run}/actuals").json() == kept
    assert client.put(f"/api/runs/{run}/actuals", json={"rows": []}).json() == []
    assert client.post("/api/tracks", json={"run": run}).status_code == 409


def test_changes_are_fixed_in_a_new_case(client: TestClient, run: str) -> None:
    moved = {"iso3": "DEU", "quarter": 5, "mode": "online", "localisation": 0.0}
    asked = {"entries": [moved], "never": ["SVN"]}
    made = client.post(f"/api/runs/{run}/case", json=asked).json()
    limits = Case.loads(made["text"]).limits
    assert limits.fixed["DEU"].quarter == "2025Q4" and limits.fixed["DEU"].mode == "online"
    assert (limits.never, limits.must) == (("SVN",), ("DEU",))
    draft = client.post(f"/api/cases/{made['name']}/draft", json={"text": made["text"]}).json()
    assert draft["faults"] == []
    late = {**asked, "entries": [{**moved, "quarter": 8}]}
    assert client.post(f"/api/runs/{run}/case", json=late).status_code == 422


def test_plans_side_by_side(client: TestClient, folder: Path, run: str, planned: Path) -> None:
    shutil.copytree(planned, folder / "tiny-2")
    found = client.get(f"/api/compare?run={run}&run=tiny-2").json()
    assert found["case"] == []
    (reason,) = found["reasons"]
    plan = json.loads((planned / "plan.json").read_text())
    assert reason["unchanged"] == len(plan["schedule"]) > 0
    assert not (reason["added"] or reason["dropped"] or reason["moved"] or reason["otherwise"])
    assert client.get(f"/api/compare?run={run}").status_code == 422


def test_the_interface_is_described(folder: Path) -> None:
    described = make_app(Settings(folder)).openapi()
    assert {"/api/plans", "/api/runs/{name}/whatif", "/api/compare"} <= set(described["paths"])


def test_planning_on_is_asked_of_the_command(folder: Path, run: str) -> None:
    app = make_app(Settings(folder, at_once=0))
    with TestClient(app, base_url="http://localhost") as client:
        row = {"market": "home", "quarter": "2024Q3", "metric": "units", "value": "101000"}
        client.put(f"/api/runs/{run}/actuals", json={"rows": [row]})
        job = client.post("/api/plans", json={"old": run, "as_of": "2024Q4", "effort": "quick"})
        assert (job.status_code, job.json()["name"]) == (201, "tiny-2024Q4-1")
        asked = json.loads((folder / ".page/jobs/tiny-2024Q4-1/job.json").read_text())
        old = folder / run
        progress = folder / ".page/jobs/tiny-2024Q4-1/progress.jsonl"
        assert asked["arguments"] == [
            "plan", str(old / "case.toml"), "-o", str(folder / "tiny-2024Q4-1"),
            "--effort", "quick", "--seed", "1", "--progress", str(progress),
            "--from", str(old), "--as-of", "2024Q4", "--actuals", str(old / "actuals.csv"),
        ]  # fmt: skip
        looked = client.post("/api/tracks", json={"run": run}).json()
        assert (looked["kind"], looked["run"], looked["place"]) == ("track", run, 2)


def test_a_job_that_takes_too_long_is_ended(space: Workspace) -> None:
    jobs = start(space, seconds=4.0)
    try:
        long = ask(jobs, *LONG)
        wait_for(lambda: jobs.state(long) == "died", 60)
        assert (space.job(long) / "progress.jsonl.stop").exists()  # it was asked to end before
    finally:
        jobs.close()
