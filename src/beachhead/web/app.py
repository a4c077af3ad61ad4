"""The application: the page's files and the JSON interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from beachhead._version import __version__
from beachhead.cases import Case, Entry
from beachhead.errors import InputError
from beachhead.reporting.folder import CASE, REPORT, STAMP
from beachhead.web import drafting, results
from beachhead.web.folder import ConflictError, MissingError, Workspace
from beachhead.web.forms import (
    Actuals,
    Draft,
    Moves,
    Name,
    NewCase,
    PlanJob,
    Save,
    Settled,
    TrackJob,
)
from beachhead.web.guard import Guard
from beachhead.web.index import Index
from beachhead.web.jobs import Jobs
from beachhead.web.settings import Settings
from beachhead.web.warm import Warm

STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".json": "application/json", ".csv": "text/csv",
         ".toml": "text/plain"}  # fmt: skip
ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such case, job or run."},
    409: {"description": "It stands otherwise by now."},
    422: {"description": "Problems: what is wrong, where, and what to do."},
}

type Content = dict[str, Any]


def make_app(settings: Settings) -> FastAPI:
    """The page of a folder, ready to be served.

    Raises
    ------
    InputError
        If the folder cannot be written to, or another server serves it.
    """
    space = Workspace(settings.folder)
    jobs, warm = Jobs(space, settings), Warm(settings.warm)
    index = Index(space, jobs)
    jobs.begin()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        warm.close()
        jobs.close()

    # Pages that document the interface load scripts from elsewhere; the description itself is here.
    app = FastAPI(
        title="beachhead", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json",
    )  # fmt: skip
    app.add_middleware(Guard, settings=settings)
    _tell_errors(app)
    _add_cases(app, space)
    _add_jobs(app, space, jobs, index)
    _add_runs(app, space, index, warm)

    @app.get("/", include_in_schema=False)
    def read_page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def _tell_errors(app: FastAPI) -> None:
    """Every error as a list of problems."""

    def tell(status: int, *problems: Content) -> JSONResponse:
        return JSONResponse({"problems": list(problems)}, status)

    @app.exception_handler(InputError)
    def tell_input(request: Request, error: InputError) -> JSONResponse:
        return tell(422, *(asdict(problem) for problem in error.problems))

    @app.exception_handler(RequestValidationError)
    def tell_form(request: Request, error: RequestValidationError) -> JSONResponse:
        return tell(422, *(
            {"what": fault["msg"], "where": ".".join(map(str, fault["loc"])), "fix": ""}
            for fault in error.errors()
        ))  # fmt: skip

    @app.exception_handler(MissingError)
    def tell_missing(request: Request, error: MissingError) -> JSONResponse:
        return tell(404, {"what": "there is none of this name", "where": str(error), "fix": ""})

    @app.exception_handler(ConflictError)
    def tell_conflict(request: Request, error: ConflictError) -> JSONResponse:
        return tell(409, {"what": str(error), "where": "", "fix": ""})


def _add_cases(app: FastAPI, space: Workspace) -> None:
    @app.get("/api/levers", tags=["cases"])
    def list_levers() -> list[Content]:
        """Fields of the form: label, meaning, unit, bounds, choices."""
        return drafting.list_levers()

    @app.get("/api/cases", tags=["cases"])
    def list_cases() -> list[Content]:
        """Cases in the folder, and those that come with the program."""
        return space.list_cases()

    @app.post("/api/cases", tags=["cases"], status_code=201, responses=ERRORS)
    def make_case(form: NewCase) -> Content:
        """A new case: a draft with comments, or a copy of a bundled one."""
        return asdict(space.make_case(form.name, form.source))

    @app.post("/api/uploads/{file}", tags=["cases"], status_code=201, responses=ERRORS)
    async def upload_case(file: str, request: Request) -> Content:
        """A new case from the bytes of a .toml file or an .xlsx workbook."""
        content = await request.body()
        return asdict(await run_in_threadpool(space.take_case, file[:200], content))

    @app.get("/api/cases/{name}", tags=["cases"], responses=ERRORS)
    def read_case(name: Name) -> Content:
        """Text of a case, its version, and the tables beside it."""
        return {**asdict(space.read_case(name)), "tables": space.list_tables(name)}

    @app.put("/api/cases/{name}", tags=["cases"], responses=ERRORS)
    def save_case(name: Name, form: Save) -> Content:
        """Put a text in place of the one with the version `was`; 409 where that has changed."""
        return asdict(space.save_case(name, form.text, form.was))

    @app.put("/api/cases/{name}/tables/{file}", tags=["cases"], responses=ERRORS)
    async def put_table(name: Name, file: str, request: Request) -> list[str]:
        """A table of own figures beside a case, from its bytes."""
        content = await request.body()
        await run_in_threadpool(space.put_table, name, file, content)
        return space.list_tables(name)

    @app.post("/api/cases/{name}/draft", tags=["cases"], responses=ERRORS)
    def read_draft(name: Name, form: Draft) -> Content:
        """A text, changed as asked: the text then, values of the form, and all that is wrong."""
        file, text = space.case_file(name), form.text
        if form.changes:
            text = drafting.edit(text, [(change.key, change.value) for change in form.changes])
        if form.demand:
            text = drafting.demand(text, form.demand.market, form.demand.how)
        reading = drafting.read(text, file)
        ready = reading.draft is not None and reading.panel is not None and not reading.faults
        return {
            "text": text,
            "values": drafting.show_values(reading.data),
            "faults": [asdict(fault) for fault in reading.faults],
            "about": drafting.describe_case(reading.draft.case, reading.panel)
            if ready and reading.draft and reading.panel else None,
        }  # fmt: skip

    @app.post("/api/cases/{name}/candidates", tags=["cases"], responses=ERRORS)
    def list_candidates(name: Name, form: Draft) -> list[Content]:
        """Candidates of a text by rank; none where it is at fault."""
        return drafting.list_candidates(drafting.read(form.text, space.case_file(name)))


def _add_jobs(app: FastAPI, space: Workspace, jobs: Jobs, index: Index) -> None:
    @app.get("/api/jobs", tags=["jobs"])
    def list_jobs() -> list[Content]:
        """Jobs with their states, the latest first."""
        return index.list_jobs()

    @app.get("/api/jobs/{name}", tags=["jobs"], responses=ERRORS)
    def show_job(name: Name) -> Content:
        """A job: its state, every step so far with best value and bound, what it failed by."""
        return jobs.show(name)

    @app.post("/api/plans", tags=["jobs"], status_code=201, responses=ERRORS)
    def ask_plan(form: PlanJob) -> Content:
        """Plan a case, or plan on from a run and what was entered as having happened since."""
        old = None if form.old is None else space.run(form.old)
        if old is not None and form.as_of is None:
            raise ConflictError("a run is taken up in a quarter: as_of")
        if form.case is None:
            if old is None:
                raise ConflictError("name a case, or a run to go on from")
            case = results.name_case(old)
        else:
            reading = drafting.read(space.read_case(form.case).text, space.case_file(form.case))
            if reading.faults:
                raise InputError(*drafting.as_problems(reading.faults))
            case = form.case
        folder = space.claim("-".join(filter(None, [case, form.as_of if old else None])))
        file = old / CASE if form.case is None and old else space.copy_case(case, folder)
        arguments = results.plan_arguments(file, space.root / folder.name, folder, form, old)
        jobs.ask(folder, "plan", folder.name, case, form.by, arguments,
                 effort=form.effort, seed=form.seed, old=form.old or "")  # fmt: skip
        return jobs.show(folder.name)

    @app.post("/api/tracks", tags=["jobs"], status_code=201, responses=ERRORS)
    def ask_track(form: TrackJob) -> Content:
        """Hold the plan of a run against the actuals that were entered for it."""
        run = space.run(form.run)
        if not results.read_own_actuals(run):
            raise ConflictError("no actuals were entered for this run yet")
        folder = space.claim(f"{form.run}-track")
        arguments = ["track", str(run), "--actuals", str(run / results.ACTUALS)]
        arguments += ["--as-of", form.as_of] if form.as_of else []
        jobs.ask(folder, "track", form.run, results.name_case(run), form.by, arguments)
        return jobs.show(folder.name)

    @app.post("/api/jobs/{name}/stop", tags=["jobs"], responses=ERRORS)
    def stop_job(name: Name) -> Content:
        """End a search and keep the best found so far; withdraw a job that waits."""
        jobs.stop(name)
        return jobs.show(name)

    @app.post("/api/jobs/{name}/kill", tags=["jobs"], responses=ERRORS)
    def kill_job(name: Name) -> Content:
        """End a job without an answer."""
        jobs.kill(name)
        return jobs.show(name)

    @app.post("/api/jobs/{name}/again", tags=["jobs"], responses=ERRORS)
    def start_again(name: Name) -> Content:
        """Start a job that died, failed or was withdrawn again."""
        jobs.again(name)
        return jobs.show(name)


def _add_runs(app: FastAPI, space: Workspace, index: Index, warm: Warm) -> None:
    def stamp(run: Path) -> float:
        try:
            return (run / STAMP).stat().st_mtime
        except FileNotFoundError as error:
            raise MissingError(run.name) from error

    @app.get("/api/runs", tags=["runs"])
    def list_runs(text: Annotated[str, Query(max_length=200)] = "") -> list[Content]:
        """Runs, the latest first; `text` is looked for in name, case and title."""
        return index.list_runs(text)

    @app.get("/api/compare", tags=["runs"], responses=ERRORS)
    def compare(run: Annotated[list[Name], Query(min_length=2, max_length=4)]) -> Content:
        """Two to four runs side by side, and how each plan differs from the first."""
        return results.compare_runs([space.run(name) for name in run])

    @app.get("/api/runs/{name}", tags=["runs"], responses=ERRORS)
    def show_run(name: Name) -> Content:
        """A run: case, plan, names of markets, what each entry adds, actuals and track."""
        return results.show_run(space.run(name))

    @app.get("/api/runs/{name}/files/{file}", tags=["runs"], responses=ERRORS)
    def read_file(name: Name, file: str) -> FileResponse:
        """A file of the run folder."""
        path = space.run(name) / file
        if file not in results.OFFERED or path.is_symlink() or not path.is_file():
            raise MissingError(file[:200])
        inline = file == REPORT
        kind = TYPES.get(path.suffix, "application/octet-stream")
        return FileResponse(
            path, media_type=kind, filename=f"{name}-{file}",
            content_disposition_type="inline" if inline else "attachment",
        )  # fmt: skip

    @app.post("/api/runs/{name}/ready", tags=["what if"], responses=ERRORS)
    def prepare(name: Name) -> Content:
        """Get the simulation of a plan ready: 'warming', or 'ready' and what the plan is worth."""
        run = space.run(name)
        state, base = warm.prepare(run, stamp(run))
        return {"state": state, "found": base or None}

    @app.post("/api/runs/{name}/whatif", tags=["what if"], responses=ERRORS)
    def weigh(name: Name, form: Moves) -> Content:
        """What the plan would be worth with these entries, on its own fresh worlds."""
        run = space.run(name)
        entries = [move.model_dump() for move in form.entries]
        return warm.weigh(run, stamp(run), entries)

    @app.post("/api/runs/{name}/case", tags=["what if"], status_code=201, responses=ERRORS)
    def settle(name: Name, form: Settled) -> Content:
        """A new case: that of the run with entries fixed and markets kept out, to plan the rest."""
        case = Case.load(space.run(name) / CASE)
        entries = [Entry(**move.model_dump()) for move in form.entries]
        text = drafting.settle(case, entries, form.never)
        return asdict(space.take_case(f"{case.name}-changed.toml", text.encode()))

    @app.get("/api/runs/{name}/actuals", tags=["track"], responses=ERRORS)
    def read_actuals(name: Name) -> list[Content]:
        """What was entered as having happened."""
        run = space.run(name)
        stamp(run)
        return [asdict(row) for row in results.read_own_actuals(run)]

    @app.put("/api/runs/{name}/actuals", tags=["track"], responses=ERRORS)
    def write_actuals(name: Name, form: Actuals) -> list[Content]:
        """Put what has happened in place of what was entered before."""
        run = space.run(name)
        stamp(run)
        return results.write_actuals(run, [row.model_dump() for row in form.rows])
