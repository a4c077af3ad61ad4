"""One indicator from the World Bank's JSON interface (Indicators API, version 2).

An answer is a list of two: what is said about the page (its number, how many there are, how many
rows in all, when the data were updated), and the rows. A fault arrives as a list of one, with a
message, under HTTP status 200; at times as a page of HTML or XML.
"""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beachhead._version import __version__
from beachhead.errors import InputError, Problem

if TYPE_CHECKING:
    import requests

ADDRESS = "https://api.worldbank.org/v2"
_ROWS_A_PAGE = 10_000  # an indicator has some 6,000 rows for 22 years
_UNAVAILABLE = "105"  # the message that says: ask again later
_DATABASES = {"WDI": 2, "WGI": 3}


@dataclass(frozen=True)
class Patience:
    """How long to wait for an answer and how often to ask for it.

    Attributes
    ----------
    timeout : float
        Seconds without a sign of life after which a connection counts as dead.
    tries : int
        How often one and the same thing is asked for.
    pause : float
        Seconds before the second try; twice as long before each further one.
    longest : float
        Seconds that are waited at most, also where the server asks for more.
    """

    timeout: float = 30.0
    tries: int = 5
    pause: float = 0.5
    longest: float = 60.0


PATIENCE = Patience()


class Row(NamedTuple):
    """A figure as the World Bank gives it; `names` are what it calls the economy, codes first."""

    names: tuple[str, ...]
    year: int
    value: float


@dataclass(frozen=True)
class Answer:
    """All figures of one indicator.

    Attributes
    ----------
    code : str
        The indicator.
    title : str
        Its name in words, with the year whose prices it is in; may be empty.
    updated : str
        Day (YYYY-MM-DD) of the data's last update; empty where it is not said.
    rows : tuple of Row
        Economies and aggregates, without holes and without what is not yearly.
    """

    code: str
    title: str
    updated: str
    rows: tuple[Row, ...]


class Refused(Exception):
    """There is no usable answer about an indicator; says why."""


class _Unfinished(Exception):
    """An answer that another try may mend."""


class _Stalled(_Unfinished):
    """The connection died while the answer came."""


class _Page(NamedTuple):
    number: int
    pages: int
    total: int
    updated: str
    rows: list[Any]


def open_session(patience: Patience) -> requests.Session:
    """A session that asks again after a reset, a time-out, HTTP 429 and 5xx."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import BaseHTTPResponse
    from urllib3.util import Retry

    class Bounded(Retry):
        def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
            asked = super().get_retry_after(response)
            return None if asked is None else min(asked, patience.longest)

    retry = Bounded(
        total=patience.tries - 1,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        backoff_factor=patience.pause,
        backoff_max=patience.longest,
        raise_on_status=False,
    )
    session = requests.Session()
    session.headers.update({"User-Agent": f"beachhead/{__version__}", "Accept": "application/json"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def fetch(
    session: requests.Session,
    address: str,
    code: str,
    database: str,
    years: tuple[int, int],
    patience: Patience,
) -> Answer:
    """All figures of an indicator from the first year to the last.

    Parameters
    ----------
    session : requests.Session
        From `open_session`.
    address : str
        Base address of the interface.
    code, database : str
        Indicator, and 'WDI' or 'WGI'.
    years : (int, int)
        First and last year.
    patience : Patience
        How often to ask for an answer that comes in part or cannot be read.

    Raises
    ------
    Refused
        If the interface has no such indicator or no whole, readable answer about it.
    InputError
        If the interface cannot be reached.
    """
    url = f"{address.rstrip('/')}/country/all/indicator/{code}"
    query = {
        "format": "json",
        "source": _DATABASES[database],
        "date": f"{years[0]}:{years[1]}",
        "per_page": _ROWS_A_PAGE,
    }
    for attempt in range(1, patience.tries + 1):
        try:
            return _read_all(session, url, query, code, patience)
        except _Unfinished as fault:
            if attempt == patience.tries:
                if isinstance(fault, _Stalled):
                    raise _unreachable(str(fault), address) from fault
                raise Refused(f"{fault}, {attempt} times over") from fault
            time.sleep(min(patience.pause * 2 ** (attempt - 1), patience.longest))
    raise AssertionError("at least one try")


def _read_all(
    session: requests.Session, url: str, query: dict[str, Any], code: str, patience: Patience
) -> Answer:
    """Every page, of one and the same state of the data."""
    page = first = _ask(session, url, {**query, "page": 1}, patience)
    if first.number != 1:
        raise _Unfinished(f"page {first.number} in place of the first")
    rows = list(first.rows)
    while page.number < first.pages:
        number = page.number + 1
        page = _ask(session, url, {**query, "page": number}, patience)
        if (page.pages, page.total, page.updated) != (first.pages, first.total, first.updated):
            raise _Unfinished("the data changed while they were read")
        if page.number != number or not page.rows:
            raise _Unfinished(f"page {number} of {first.pages} is missing")
        rows += page.rows
    distinct = len({json.dumps(row, sort_keys=True) for row in rows})
    # Rows given twice are no harm as long as none is missing for them.
    if not distinct <= first.total <= len(rows):
        raise _Unfinished(f"{distinct:,} rows of the {first.total:,} that were announced")
    titles = {_title(row, code) for row in rows}
    found = tuple(parsed for row in rows if (parsed := _parse_row(row)) is not None)
    if not found:
        raise Refused("no figures")
    return Answer(code, max(titles), first.updated, found)


def _ask(session: requests.Session, url: str, query: dict[str, Any], patience: Patience) -> _Page:
    import requests
    from urllib3.exceptions import MaxRetryError

    try:
        response = session.get(url, params=query, timeout=patience.timeout)
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        raise _Unfinished("an answer that was cut off") from None
    except requests.exceptions.RequestException as error:
        reason = _tell_fault(error, patience)
        if isinstance(error, requests.ConnectionError) and not isinstance(
            error.args[0] if error.args else None, MaxRetryError
        ):
            raise _Stalled(reason) from error
        raise _unreachable(reason, url) from error
    if response.status_code != 200:
        message = _find_message(_decode(response.content))
        raise Refused(f"HTTP {response.status_code}{f', {message[1]}' if message else ''}")
    return _parse_page(response.content)


def _decode(body: bytes) -> Any:
    """What the JSON says; None where it is none. The interface sends a byte order mark at times."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _find_message(answer: Any) -> tuple[str, str] | None:
    """Number and text of the fault that the interface reports, if it does."""
    try:
        message = answer[0]["message"][0]
        words = " ".join(f"{message.get('value') or message.get('key') or 'no reason'}".split())
        return str(message.get("id", "")), f"the World Bank says: {words.rstrip('.')}"
    except (TypeError, KeyError, IndexError, AttributeError):
        return None


def _parse_page(body: bytes) -> _Page:
    answer = _decode(body)
    if answer is None:
        if body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise _Unfinished("a page of HTML or XML in place of figures")
        raise _Unfinished("an answer that was cut off")
    if (message := _find_message(answer)) is not None:
        number, words = message
        raise (_Unfinished if number == _UNAVAILABLE else Refused)(words)
    try:
        head, rows = answer
        page, pages, total = (int(head[key]) for key in ("page", "pages", "total"))
        updated = str(head.get("lastupdated") or "")
    except (TypeError, ValueError, KeyError, AttributeError):
        raise Refused("an answer of a form that is not known here") from None
    if total == 0:
        raise Refused("no figures")
    if not isinstance(rows, list) or not rows:
        raise _Unfinished(f"no rows of the {total:,} that were announced")
    return _Page(page, pages, total, updated if _is_day(updated) else "", rows)


def _is_day(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None


def _title(row: Any, code: str) -> str:
    """The indicator's name in words, from a row that is about it."""
    try:
        indicator = row["indicator"]
        if str(indicator["id"]).upper() != code.upper():
            raise Refused(f"answers with figures of {indicator['id']}")
        return str(indicator.get("value") or "")
    except (TypeError, KeyError, AttributeError):
        raise Refused("a row of a form that is not known here") from None


def _parse_row(row: dict[str, Any]) -> Row | None:
    """A yearly figure; None for a hole and for what is of no single year."""
    date, value = str(row.get("date", "")), row.get("value")
    if value is None or not re.fullmatch(r"\d{4}", date):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise Refused(f"a value that is no number: {value!r}")
    country = row.get("country")
    called = country if isinstance(country, dict) else {}
    names = (row.get("countryiso3code"), called.get("id"), called.get("value"))
    return Row(tuple(str(name) for name in names if name), int(date), number)


def _unreachable(reason: str, address: str) -> InputError:
    what = f"the World Bank's interface does not answer: {reason}"
    fix = "Nothing was changed. Try again later, or name another address with --from."
    return InputError(Problem(what, address, fix))


def _tell_fault(error: BaseException, patience: Patience) -> str:
    """The innermost reason for a failed request, in a few words."""
    from urllib3.exceptions import NewConnectionError
    from urllib3.exceptions import TimeoutError as TimedOut

    chain: list[BaseException] = [error]
    while len(chain) < 10:
        last = chain[-1]
        inner = getattr(last, "reason", None) or (last.args[0] if last.args else None)
        if not isinstance(inner, BaseException):
            inner = last.__cause__ or last.__context__
        if inner is None:
            break
        chain.append(inner)
    for fault in reversed(chain):
        if isinstance(fault, TimedOut) and not isinstance(fault, NewConnectionError):
            return f"nothing for {patience.timeout:g} s"
        if isinstance(fault, OSError) and fault.strerror:
            return fault.strerror
    return type(error).__name__
