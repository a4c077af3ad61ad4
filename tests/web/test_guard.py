"""Who is answered, and what is refused unread."""

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tiny_firm import CASE

from beachhead.errors import InputError
from beachhead.web import Settings
from beachhead.web.app import make_app
from beachhead.web.settings import demand_token

TOKEN = "a-token-of-twenty-signs"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[bad", "a b"])
def test_foreign_hosts_are_not_served(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765"])
def test_this_machine_is(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://localhost:1", "sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_cannot_ask(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/cases", json={"name": "x"}, headers=headers)
    assert answer.status_code == 403
    assert all(case["bundled"] for case in client.get("/api/cases").json())


def test_the_page_itself_can(client: TestClient) -> None:
    headers = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
    assert client.post("/api/cases", json={"name": "x"}, headers=headers).status_code == 201


def test_too_much_is_refused(folder: Path) -> None:
    with TestClient(make_app(Settings(folder, upload=1000)), base_url="http://localhost") as client:
        said = client.post("/api/uploads/a.toml", content=b"#" * 1001)
        assert said.status_code == 413
        # Without its length said first, it is counted on the way.
        parts = client.post("/api/uploads/a.toml", content=(b"#" * 300 for _ in range(5)))
        assert parts.status_code == 413
        assert client.post("/api/uploads/a.toml", content=CASE[:900].encode()).status_code == 201


def test_a_token_is_demanded(folder: Path) -> None:
    app = make_app(Settings(folder, token=TOKEN))
    with TestClient(app, base_url="http://localhost") as client:
        for path in ("/", "/api/runs", "/static/app.js", "/api/openapi.json"):
            assert client.get(path).status_code == 401
        assert client.get("/?token=wrong", follow_redirects=False).status_code == 401
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/runs", headers=bearer).status_code == 200
        begun = client.get(f"/?token={TOKEN}", follow_redirects=False)
        assert begun.status_code == 303 and begun.headers["location"] == "/"
        cookie = begun.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert client.get("/api/runs").status_code == 200  # with the cookie


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_alone_needs_none(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEACHHEAD_TOKEN", raising=False)
    assert demand_token(Settings(Path(os.devnull), host)).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "planner.example"])
def test_others_do(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BEACHHEAD_TOKEN", raising=False)
    token = demand_token(Settings(Path(os.devnull), host)).token
    assert token is not None and len(token) >= 24
    monkeypatch.setenv("BEACHHEAD_TOKEN", TOKEN)
    assert demand_token(Settings(Path(os.devnull), host)).token == TOKEN
    monkeypatch.setenv("BEACHHEAD_TOKEN", "short")
    with pytest.raises(InputError, match="too short"):
        demand_token(Settings(Path(os.devnull), host))


def test_scripts_come_from_here_alone(client: TestClient, run: str) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    report = client.get(f"/api/runs/{run}/files/report.html")
    assert report.status_code == 200
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "runs/..", "runs/.page", "runs/%2e%2e", "runs/..%2f..", "runs/tiny-1/files/..%2fsecret",
        "runs/tiny-1/files/%2e%2e%2fsecret", "runs/tiny-1/files/secret", "cases/..",
        "runs/link", "runs/tiny-1/files/plan.json%00.csv",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read(
    client: TestClient, folder: Path, run: str, path: str
) -> None:
    (folder.parent / "secret").write_text("secret")
    (folder / run / "secret").write_text("secret")
    other = folder.parent / "other"
    (folder / run).rename(other)
    (folder / "link").symlink_to(other)
    (folder / run).mkdir()
    answer = client.get(f"/api/{path}")
    assert answer.status_code in (404, 422), answer.text


def test_a_file_that_is_a_link_is_not_read(client: TestClient, folder: Path, run: str) -> None:
    secret = folder.parent / "secret"
    secret.write_text("secret")
    (folder / run / "targets.csv").symlink_to(secret)
    assert client.get(f"/api/runs/{run}/files/targets.csv").status_code == 404
    assert client.get(f"/api/runs/{run}/files/plan.json").status_code == 200
