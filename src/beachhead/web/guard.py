"""What is refused before anything looks at it: foreign hosts and origins, no token, too much."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from beachhead.web.settings import Settings

COOKIE = "beachhead"
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# The report is a file like any other: its scripts run, but as those of no origin.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class _TooLargeError(Exception):
    pass


class Guard:
    """ASGI application around another one."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._names = {"localhost", settings.host.lower(), socket.gethostname().lower()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        refusal = self._refuse(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        token = self.settings.token
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if token and scope["path"] == "/" and hmac.compare_digest(given.encode(), token.encode()):
            # Out of the address, so that it stays in no history and is copied by no one.
            cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", {"location": "/", "set-cookie": cookie})
            return
        if token and not _knows(token, headers):
            what = "A token is needed: open the address that 'beachhead serve' has printed."
            await _answer(send, 401, what)
            return
        await self._pass_on(scope, receive, send)

    def _refuse(self, scope: Any, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and words for who must not be answered."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 421, "This host is not served here."
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        unsafe = scope["method"] not in SAFE
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "Requests of other pages are not answered."
        if unsafe and site not in ("same-origin", "none"):
            return 403, "Requests of other pages are not answered."
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size) > self.settings.upload:
            return 413, f"At most {self.settings.upload >> 20} MB are taken."
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a name is one of this machine: an address cannot be made to point elsewhere."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        taken, begun = 0, False
        is_report = scope["path"].endswith("/report.html")

        async def take() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.settings.upload:
                raise _TooLargeError
            return message

        async def give(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                names = {name.lower() for name, _ in message["headers"]}
                policy = REPORT_POLICY if is_report else POLICY
                for name, value in {**HEADERS, "content-security-policy": policy}.items():
                    if name.encode() not in names:
                        message["headers"].append((name.encode(), value.encode()))
            await send(message)

        try:
            await self.app(scope, take, give)
        except _TooLargeError:
            if not begun:
                await _answer(send, 413, f"At most {self.settings.upload >> 20} MB are taken.")


def _knows(token: str, headers: dict[str, str]) -> bool:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    cookie: SimpleCookie = SimpleCookie()
    try:
        cookie.load(headers.get("cookie", ""))
    except Exception:  # whatever cannot be read is no token
        cookie = SimpleCookie()
    given = bearer if scheme.lower() == "bearer" else ""
    given = given or (cookie[COOKIE].value if COOKIE in cookie else "")
    return hmac.compare_digest(given.encode(), token.encode())


async def _answer(send: Any, status: int, what: str, extra: dict[str, str] | None = None) -> None:
    body = json.dumps({"problems": [{"what": what, "where": "", "fix": ""}]}).encode()
    headers = {"content-type": "application/json", **HEADERS, **(extra or {})}
    await send({
        "type": "http.response.start", "status": status,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body})
