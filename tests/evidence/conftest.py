"""Firms for the tests of the evidence."""

import numpy as np
import pytest
from invented_firms import invent

from beachhead.data import Panel, load_panel
from beachhead.evidence.entries import History

HOMES = ("USA", "DEU", "CHN", "JPN", "GBR", "FRA", "IND", "BRA", "KOR", "SWE")


@pytest.fixture(scope="session")
def panel() -> Panel:
    return load_panel()


@pytest.fixture(scope="session")
def invented(panel: Panel) -> tuple[History, ...]:
    """Ten firms that choose by known coefficients."""
    return tuple(
        invent(panel, f"firm {home}", home, np.random.default_rng(k))
        for k, home in enumerate(HOMES)
    )
