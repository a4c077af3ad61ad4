"""A server on this machine that speaks the World Bank's format, and misbehaves when told to."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl

from beachhead.data.build import PACKAGED
from beachhead.data.series import SERIES

ARCHIVED = [
    {"message": [{"id": "175", "key": "Invalid format", "value": "The indicator was not found."}]}
]
Handler = BaseHTTPRequestHandler
# Given the handler and the page that a well-behaved server would send.
Fault = Callable[[Handler, Any], None]


def row(code: str, iso3: str, year: object, value: object, **other: Any) -> dict[str, Any]:
    """A row as the interface writes it."""
    return {
        "indicator": {"id": code, "value": other.get("title", "")},
        "country": {"id": other.get("iso2", iso3[:2]), "value": other.get("name", iso3)},
        "countryiso3code": iso3,
        "date": str(year),
        "value": value,
        "unit": "",
        "obs_status": "",
        "decimal": 1,
    }


def serve_own(bank: Bank, *keys: str, folder: Path = PACKAGED) -> None:
    """Let the bank have what a panel has from it, and people as estimated."""
    held = pl.read_parquet(folder / "figures.parquet")
    first_growth = held.filter(series="real_gdp_growth_pct", year=2005)
    growth = dict(first_growth.select("iso3", "value").iter_rows())
    theirs = pl.col("source").str.contains(r"^(derived: )?W[DG]I ")
    estimated = pl.col("source").str.starts_with("UN WPP") & (pl.col("year") < 2024)
    for series in SERIES:
        if not series.codes or (keys and series.key not in keys):
            continue
        mine = held.filter(pl.col("series") == series.key, theirs | estimated)
        code = series.codes[0]
        rows = [row(code, *cells) for cells in mine.select("iso3", "year", "value").iter_rows()]
        if series.key == "gdp_const2015_usd":
            first = {r["countryiso3code"]: r["value"] for r in rows if r["date"] == "2005"}
            rows += [
                row(code, iso3, 2004, first[iso3] / (1 + rate / 100))
                for iso3, rate in growth.items()
                if iso3 in first
            ]
        bank.rows[code] = rows


def send(handler: Handler, content: object, status: int = 200, **headers: str) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    handler.send_response(status)
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@dataclass
class Bank:
    """What the server has and does.

    `rows` by indicator; `faults` by indicator, one taken for each request until none is left, and
    `always` for every request; `most` caps the rows of a page; `updated` is the day of the data.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    always: dict[str, Fault] = field(default_factory=dict)
    most: int = 1000
    updated: str = "2026-07-01"
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def page(self, code: str, query: dict[str, str]) -> Any:
        rows = self.rows.get(code)
        if rows is None:
            return ARCHIVED
        first, last = map(int, query["date"].split(":"))
        rows = [r for r in rows if not r["date"].isdigit() or first <= int(r["date"]) <= last]
        number, size = int(query["page"]), min(self.most, int(query["per_page"]))
        if not rows:
            return [{"page": 0, "pages": 0, "per_page": 0, "total": 0, "lastupdated": None}, None]
        head = {
            "page": number,
            "pages": math.ceil(len(rows) / size),
            "per_page": str(size),  # a text in some answers of the interface
            "total": len(rows),
            "sourceid": "2",
            "lastupdated": self.updated,
        }
        return [head, rows[(number - 1) * size : number * size]]

    def answer(self, handler: Handler) -> None:
        parts = urlsplit(handler.path)
        code = parts.path.rsplit("/", 1)[-1]
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        assert parts.path == f"/v2/country/all/indicator/{code}"
        assert query["format"] == "json"
        self.asked.append((code, query))
        page = self.page(code, query)
        waiting = self.faults.get(code)
        fault = waiting.pop(0) if waiting else self.always.get(code, send)
        fault(handler, page)

    @contextmanager
    def serve(self) -> Iterator[str]:
        bank = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                bank.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *arguments: object) -> None:
                pass

        server = Quiet(("127.0.0.1", 0), Answering)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v2"
        finally:
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()


def refuse(status: int, **headers: str) -> Fault:
    return lambda handler, page: send(handler, b"no", status, **headers)


def hang(bank: Bank) -> Fault:
    return lambda handler, page: bank.released.wait(20)


def cut_off(handler: Handler, page: Any) -> None:
    """Half of the page, with the length of the whole."""
    body = json.dumps(page).encode()
    send(handler, body[: len(body) // 2], Content_Length=str(len(body)))


def cut_short(handler: Handler, page: Any) -> None:
    """Half of the page, as if it were all."""
    body = json.dumps(page).encode()
    send(handler, body[: len(body) // 2])


def stall(bank: Bank) -> Fault:
    def fault(handler: Handler, page: Any) -> None:
        body = json.dumps(page).encode()
        send(handler, body[:10], Content_Length=str(len(body)))
        bank.released.wait(20)

    return fault


def send_html(handler: Handler, page: Any) -> None:
    send(handler, b"<!DOCTYPE html><html><body>Sorry</body></html>", Content_Type="text/html")


def say_total(total: object) -> Fault:
    return lambda handler, page: send(handler, [{**page[0], "total": total}, page[1]])


def reset(handler: Handler, page: Any) -> None:
    """Close the connection without a word."""
    handler.close_connection = True
    handler.connection.close()
