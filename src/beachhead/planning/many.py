"""Many plans at once: variants of a case, planned here or wherever an executor runs them.

A job is plain data and a plan depends on its job alone, so the answers are the same however many
workers there are and in whatever order they finish.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import jax

from beachhead._version import __version__
from beachhead.cases import Case
from beachhead.data import Panel, load_panel
from beachhead.errors import InputError, Problem
from beachhead.planning.plan import Plan
from beachhead.planning.planner import FRESH_WORLDS, SEARCH_WORLDS, plan
from beachhead.planning.search import Progress
from beachhead.process import FOLDER, count_cores, set_up
from beachhead.simulation.beliefs import Beliefs

LOST = 3  # times that workers may be lost before it is given up
LOOK = 0.5  # seconds after which it is looked whether Ctrl-C was pressed
TIMEOUT = 10  # seconds for a cluster to answer

Open = Callable[[], Executor]
Report = Callable[[float, int], None]


@dataclass(frozen=True)
class Job:
    """A plan to be made: what `plan` needs, but for the figures, which the worker reads itself.

    `digest`: of the figures that are meant; `version`: of the program.
    """

    case: Case
    beliefs: Beliefs
    effort: str
    seed: int
    digest: str
    worlds: int = SEARCH_WORLDS
    fresh_worlds: int = FRESH_WORLDS
    version: str = __version__


@dataclass(frozen=True)
class Made:
    """A plan, or None and why there is none, such as that no schedule keeps the limits."""

    plan: Plan | None
    problems: tuple[Problem, ...] = ()


def plan_many(
    jobs: Sequence[Job],
    panel: Panel,
    workers: Open | None = None,
    progress: Report | None = None,
) -> tuple[list[Made | None], bool]:
    """Plan all jobs.

    Parameters
    ----------
    jobs : sequence of Job
    panel : Panel
        Figures for the plans that are made in this process.
    workers : callable, optional
        Opens an executor, again where its workers were lost; in this process if left out.
    progress : callable, optional
        Called with plans done, of how many.

    Returns
    -------
    list of Made or None
        In the order of the jobs; None for those that Ctrl-C left undone.
    bool
        False where Ctrl-C ended it.

    Raises
    ------
    InputError
        If workers are lost again and again, or have another version or other figures.
    """
    made: list[Made | None] = [None] * len(jobs)
    report = progress or (lambda done, total: None)
    try:
        if workers is None:
            for k, job in enumerate(jobs):
                made[k] = answer = _make(
                    job, panel,
                    lambda at, k=k: report(k + at.done / at.budget, len(jobs)),  # type: ignore[misc]
                )  # fmt: skip
                report(k + 1, len(jobs))
                if answer.plan is not None and answer.plan.status == "partial":
                    return made, False
        else:
            _share_out(jobs, workers, made, report)
    except KeyboardInterrupt:
        return made, False
    return made, True


def demand_a_plan(made: Sequence[Made | None], whole: bool) -> None:
    """Make sure that there is one plan at least.

    Raises
    ------
    InputError
        With what is wrong for the last of the jobs, where there is none.
    KeyboardInterrupt
        If Ctrl-C came before any was made.
    """
    answers = [answer for answer in made if answer is not None]
    if any(answer.plan is not None for answer in answers):
        return
    if not whole or not answers:
        raise KeyboardInterrupt
    raise InputError(*answers[-1].problems)


def _share_out(jobs: Sequence[Job], workers: Open, made: list[Made | None], report: Report) -> None:
    """Let workers make what is missing in `made`, in place, again where they were lost."""
    for _ in range(LOST):
        before, executor, finished = multiprocessing.active_children(), workers(), False
        futures: dict[Future[Made], int] = {}
        try:
            for k, answer in enumerate(made):
                if answer is None:
                    futures[executor.submit(make, jobs[k])] = k
            waiting = set(futures)
            while waiting:
                # A wait without an end would not everywhere let Ctrl-C through.
                done, waiting = wait(waiting, timeout=LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    made[futures[future]] = future.result()
                report(sum(answer is not None for answer in made), len(jobs))
            finished = True
            return
        except BrokenExecutor:
            for future, k in futures.items():
                # What had been done when a worker was lost stands.
                if future.done() and not future.cancelled() and future.exception() is None:
                    made[k] = future.result()
        finally:
            for future in futures:
                future.cancel()
            executor.shutdown(wait=finished)
            if not finished:
                # Whoever still works does so in vain, perhaps for minutes.
                for child in set(multiprocessing.active_children()) - set(before):
                    child.terminate()
    raise InputError(
        Problem(
            f"worker processes were lost {LOST} times, perhaps for want of memory", "",
            "Let fewer plans be made at once: --jobs 1.",
        )
    )  # fmt: skip


def make(job: Job) -> Made:
    """Make a plan where this runs, on the figures that are found there.

    Raises
    ------
    InputError
        If they, or the version, are others than those that are meant.
    """
    panel, digest = _read_figures(job.case.as_of)
    if (job.version, job.digest) != (__version__, digest):
        what = f"a worker has version {__version__}, not {job.version}"
        if job.version == __version__:
            what = (
                f"a worker has other country figures{f', {panel.origin}' if panel.origin else ''}"
            )
        raise InputError(Problem(what, "", "Install the same on all workers."))
    return _make(job, panel)


@lru_cache(maxsize=1)
def _read_figures(as_of: date) -> tuple[Panel, str]:
    panel = load_panel(as_of)
    return panel, panel.digest


def _make(job: Job, panel: Panel, progress: Callable[[Progress], None] | None = None) -> Made:
    try:
        return Made(
            plan(
                job.case, panel, job.beliefs, effort=job.effort, seed=job.seed, worlds=job.worlds,
                fresh_worlds=job.fresh_worlds, progress=progress,
            )
        )  # fmt: skip
    except InputError as error:
        return Made(None, error.problems)


@contextmanager
def open_workers(jobs: int | None = None, cluster: str | None = None) -> Iterator[Open | None]:
    """What opens the workers: processes here, those of a Dask cluster, or none.

    Parameters
    ----------
    jobs : int, optional
        Processes; as many as there are cores if left out. None is opened for one.
    cluster : str, optional
        Address of the scheduler of a Dask cluster, in place of processes.

    Raises
    ------
    InputError
        If the cluster is not there, or lost, or the package for it is missing.
    """
    if cluster is None:
        count = count_cores() if jobs is None else jobs
        # JAX has threads, which do not survive a fork.
        context = multiprocessing.get_context("spawn")
        yield (
            None
            if count == 1
            else lambda: ProcessPoolExecutor(
                count, mp_context=context, initializer=_begin, initargs=(count_cores() // count,)
            )
        )
        return
    try:
        from distributed import Client
        from distributed.comm import connect
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        fix = "Install it here and on the workers: pip install 'beachhead[cluster]'."
        raise InputError(Problem("the package distributed is missing", "--cluster", fix)) from error
    where = f"--cluster {cluster}"

    async def greet() -> None:
        (await connect(cluster, timeout=TIMEOUT)).abort()

    try:
        # A client that finds nobody goes on trying in a thread of its own, and complains later.
        asyncio.run(greet())
        client = Client(cluster, timeout=f"{TIMEOUT}s", set_as_default=False)
    except (OSError, ValueError) as error:
        fix = "Give the address that 'dask scheduler' prints, such as tcp://10.0.0.1:8786."
        raise InputError(Problem("no scheduler answers", where, fix)) from error
    try:
        with client:
            yield lambda: client.get_executor(pure=False)
    except (KilledWorker, CancelledError) as error:
        what = f"the cluster lost the work: {error}" if str(error) else "the cluster was lost"
        raise InputError(
            Problem(what, where, "Look at the scheduler and the memory of the workers.")
        ) from error


def _begin(cores: int) -> None:
    """Set up a worker. Ctrl-C reaches all of a group; the first of it says what becomes of it."""
    set_up(cores)
    # What this function comes with has imported JAX, with the folder of the process that began it.
    jax.config.update("jax_compilation_cache_dir", os.environ.get(FOLDER))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
