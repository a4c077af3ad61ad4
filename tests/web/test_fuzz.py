"""Whatever is asked of the interface, it answers; it never breaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from served import CASE

from beachhead.web import Settings
from beachhead.web.app import make_app

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture
def schema(folder: Path, run: str) -> Iterator:
    """The interface of a folder with a case and a run in it; jobs wait, and nothing is packed."""
    from fastapi.testclient import TestClient

    app = make_app(Settings(folder, at_once=0, queue=5, warm=0))
    with TestClient(app, base_url="http://localhost") as client:
        client.post("/api/uploads/tiny.toml", content=CASE.encode())
        client.post("/api/plans", json={"case": "tiny"})
        yield schemathesis.openapi.from_asgi("/api/openapi.json", app)


api = schemathesis.pytest.from_fixture("schema")
NAMES = ("tiny", "tiny-1", "tiny-2", "small-exporter")


def check(case, turn: int) -> None:
    """Half of the names are those of what is there, so that more than a 404 is reached."""
    if "name" in (case.path_parameters or {}) and turn % 2:
        case.path_parameters["name"] = NAMES[turn // 2 % len(NAMES)]
    answer = case.call(headers={"host": "localhost"})
    case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error])


TURNS = iter(range(10**9))
FUZZ = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
    "derandomize": True,
}


@api.parametrize()
@settings(max_examples=6, **FUZZ)
def test_nothing_breaks_it(case) -> None:
    check(case, next(TURNS))


@pytest.mark.slow
@api.parametrize()
@settings(max_examples=150, **FUZZ)
def test_nothing_breaks_it_for_long(case) -> None:
    check(case, next(TURNS))
