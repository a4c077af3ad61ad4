"""Whatever is asked of the interface, it answers; it never breaks."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from tiny_firm import CASE

from beachhead.web import Settings
from beachhead.web.app import make_app

schemathesis = pytest.importorskip("schemathesis")

HERE = {"host": "localhost"}
NAMES = ("tiny", "tiny-1", "tiny-2", "xiaomi-2018")


@pytest.fixture
def schema(folder: Path, run: str) -> Iterator:
    """The interface of a folder with a case and a run in it; jobs wait, and nothing is packed."""
    app = make_app(Settings(folder, at_once=0, queue=5, warm=0))
    with TestClient(app, base_url="http://localhost") as client:
        client.post("/api/uploads/tiny.toml", content=CASE.encode())
        client.post("/api/plans", json={"case": "tiny"})
        yield schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HERE)


def ask_one(operation, examples: int) -> set[int]:
    """Statuses that an operation answered with; a server error fails."""
    turns, statuses = count(), set[int]()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    def ask(case) -> None:
        turn = next(turns)
        if "name" in (case.path_parameters or {}) and turn % 2:
            # What is there, so that more than a 404 is reached.
            case.path_parameters["name"] = NAMES[turn // 2 % len(NAMES)]
        answer = case.call(headers=HERE)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])

    ask()
    return statuses


def ask_all(schema, examples: int) -> dict[str, set[int]]:
    operations = [found.ok() for found in schema.get_all_operations()]
    return {operation.label: ask_one(operation, examples) for operation in operations}


def test_nothing_breaks_it(schema) -> None:
    seen = ask_all(schema, 6)
    assert len(seen) > 20
    # It was let in, and got to the work.
    assert all(statuses & {200, 201, 404, 409, 422} for statuses in seen.values())
    assert sum(bool(statuses & {200, 201}) for statuses in seen.values()) > 10


@pytest.mark.slow
def test_nothing_breaks_it_for_long(schema) -> None:
    ask_all(schema, 60)
