import pytest

from beachhead.cases import Case
from beachhead.data import load_panel

TWELVE_KEYS = """\
as_of = 2013-03-31
quarters = 24
currency = "USD"

[firm]
name = "Acme"
home = "China"
units = 7.2e6
revenue = 2e9

[product]
category = "smartphone"
price = 200
unit_cost = 160

[limits]
teams = 3
capital = 5e8
"""


@pytest.fixture(scope="session")
def panel():
    return load_panel("2013-03-31")


@pytest.fixture
def text():
    return TWELVE_KEYS


@pytest.fixture
def make(text):
    """A case of a dozen keys with lines put into named tables."""

    def make(**tables: str) -> Case:
        return Case.loads(put(text, **tables), "acme.toml")

    return make


@pytest.fixture
def insert():
    """Puts lines into named tables of a text."""
    return put


def put(text: str, **tables: str) -> str:
    for table, lines in tables.items():
        if f"[{table}]\n" in text:
            text = text.replace(f"[{table}]\n", f"[{table}]\n{lines}\n")
        else:
            text += f"\n[{table}]\n{lines}\n"
    return text
