"""Many plans at once: the same answers with any workers, in any order, and when some are lost."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import pytest
from tiny_firm import CASE

from beachhead.calibration import believe
from beachhead.cases import Case
from beachhead.data import load_panel
from beachhead.errors import InputError, Problem
from beachhead.planning import many
from beachhead.planning.many import LOST, Job, make, open_workers, plan_many
from beachhead.planning.pace import find_pace


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """As the program runs: in double precision only where it says so."""
    with jax.enable_x64(False):
        yield


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    """Jobs that are quickly done: each case asks for another market that is no candidate."""
    case = Case.load("small-exporter")
    panel = load_panel(case.as_of)
    beliefs = believe(case, panel)
    cases = [
        case.model_copy(update={"limits": case.limits.model_copy(update={"must": (iso3,)})})
        for iso3 in ("USA", "JPN", "BRA", "IND", "CHN")
    ]
    return [Job(c, beliefs, "quick", seed, panel.digest) for seed, c in enumerate(cases)]


@pytest.fixture(scope="module")
def panel(jobs: list[Job]) -> Any:
    return load_panel(jobs[0].case.as_of)


class Backwards(Executor):
    """Does the last job first, and loses its worker after `kept` jobs, as often as `lost` says."""

    def __init__(self, lost: list[int], kept: int) -> None:
        self.lost, self.kept = lost, kept
        self.given: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, call: Any, /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.given.append((future, call, given))
        if len(self.given) == self.size:
            for number, (waiting, work, parts) in enumerate(reversed(self.given)):
                if self.lost and number >= self.kept:
                    waiting.set_exception(BrokenExecutor())
                else:
                    waiting.set_result(work(*parts))
            del self.lost[:1]
        return future

    size = 0

    def of(self, size: int) -> Backwards:
        self.size = size
        return self


def test_answers_come_in_the_order_of_the_jobs(jobs, panel) -> None:
    here, whole = plan_many(jobs, panel)
    there, _ = plan_many(jobs, panel, lambda: Backwards([], 0).of(len(jobs)))
    assert whole and there == here
    for iso3, answer in zip(("USA", "JPN", "BRA", "IND", "CHN"), here, strict=True):
        assert answer is not None and answer.plan is None
        assert any(iso3 in problem.what for problem in answer.problems)


def test_only_what_was_lost_is_done_again(jobs, panel) -> None:
    lost, opened = [1], []

    def workers() -> Executor:
        opened.append(len(jobs) - 2 * len(opened))
        return Backwards(lost, 2).of(opened[-1])

    there, whole = plan_many(jobs, panel, workers)
    assert opened == [5, 3]
    assert whole and there == plan_many(jobs, panel)[0]


def test_workers_that_are_lost_again_and_again_are_given_up(jobs, panel) -> None:
    lost = [1] * 99
    with pytest.raises(InputError, match=f"lost {LOST} times"):
        plan_many(jobs, panel, lambda: Backwards(lost, 0).of(len(jobs)))
    assert len(lost) == 99 - LOST


@pytest.mark.parametrize("partial", [False, True], ids=["between plans", "within a plan"])
def test_ctrl_c_keeps_what_was_made(jobs, panel, monkeypatch, partial: bool) -> None:
    def plan(case: Case, panel: Any, beliefs: Any, *, seed: int, **_: Any) -> Any:
        if seed == 2 and not partial:
            raise KeyboardInterrupt
        return SimpleNamespace(seed=seed, status="partial" if seed == 2 else "complete")

    monkeypatch.setattr(many, "plan", plan)
    made, whole = plan_many(jobs, panel)
    assert not whole
    assert [m and m.plan.seed for m in made] == [0, 1, 2 if partial else None, None, None]


def test_ctrl_c_ends_the_workers_too(jobs, panel) -> None:
    def press(done: float, total: int) -> None:
        if done >= 1:
            raise KeyboardInterrupt

    with open_workers(2) as workers:
        made, whole = plan_many(jobs, panel, workers, press)
        until = time.monotonic() + 30
        for child in multiprocessing.active_children():
            # The executor waits for it too, and whoever comes second does not learn how it ended
            # until the first has noted it.
            while child.exitcode is None and time.monotonic() < until:
                time.sleep(0.01)
            assert child.exitcode == -signal.SIGTERM
    answers = [answer for answer in made if answer is not None]
    assert not whole and answers
    assert all(answer == there for answer, there in zip(made, plan_many(jobs, panel)[0],
                                                        strict=True) if answer)  # fmt: skip


def test_a_worker_with_other_figures_or_version_is_refused(jobs) -> None:
    with pytest.raises(InputError, match="other country figures"):
        make(replace(jobs[0], digest="another"))
    with pytest.raises(InputError, match="a worker has version"):
        make(replace(jobs[0], version="0.0.0"))


def test_problems_come_whole_out_of_another_process() -> None:
    problems = Problem("a", "b", "c"), Problem("d")
    assert pickle.loads(pickle.dumps(InputError(*problems))).problems == problems


def test_a_worker_that_is_killed_costs_time_and_no_answers(jobs, panel) -> None:
    killed = []

    def kill() -> None:
        until = time.monotonic() + 60
        while not (children := multiprocessing.active_children()) and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(children[0].pid or 0, signal.SIGKILL)
        killed.append(children[0].pid)

    watch = threading.Thread(target=kill)
    with open_workers(2) as workers:
        watch.start()
        there, whole = plan_many(jobs, panel, workers)
    watch.join()
    assert killed and whole
    assert there == plan_many(jobs, panel)[0]


def test_a_cluster_that_does_not_answer_is_the_inputs_fault() -> None:
    with (
        pytest.raises(InputError, match=r"no scheduler answers|distributed is missing"),
        open_workers(cluster="nowhere"),
    ):
        pass


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A scheduler and two workers of Dask, processes of their own on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as local:
        yield local


@pytest.mark.slow
def test_the_same_bytes_with_one_process_and_a_cluster_that_loses_a_worker(cluster) -> None:
    """With two processes of this machine: tests/cli/test_many.py."""
    # Where haste costs nothing there are two plans to make and not four.
    case = Case.loads(CASE + '[parameters]\n"entry.haste" = 0.0\n')
    panel = load_panel(case.as_of)

    def answer(jobs: int | None, address: str | None = None) -> str:
        with open_workers(jobs, address) as workers:
            found = find_pace(case, panel, launches=[1], workers=workers)
        assert found.status == "complete"
        return found.to_json()

    here = answer(1)
    worker, killed = cluster.workers[0], []

    def kill() -> None:
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)

    timer = threading.Timer(8.0, kill)
    timer.start()
    assert answer(None, cluster.scheduler_address) == here
    timer.join()
    assert worker.pid not in killed != []
