"""Invented firms, set up once."""

import pytest
from invented_records import FIRM, Invented, invent, list_rows


@pytest.fixture(scope="session")
def invented() -> Invented:
    sold = {"AUT": 100_000.0, "CHE": 2_000.0, "DEU": 3_000.0}
    return invent(FIRM, list_rows(lambda market, _: sold[market]))


@pytest.fixture(scope="session")
def alone() -> Invented:
    """A firm at home, of which two years are known."""
    text = "\n".join(line for line in FIRM.splitlines() if "market =" not in line)
    rows = [a for a in list_rows(lambda *_: 2_000.0) if a.market == "AUT" and a.quarter >= "2021"]
    return invent(text, rows)
