"""A real case, small enough to simulate in a test."""

import pytest

from beachhead.cases import Case
from beachhead.data import Panel, load_panel


@pytest.fixture(scope="session")
def panel() -> Panel:
    return load_panel(as_of=Case.load("small-exporter").as_of)


@pytest.fixture(scope="session")
def case(panel: Panel) -> Case:
    """The bundled small exporter with five candidates and three years."""
    return with_candidates(Case.load("small-exporter"), ("TUR", "CYP", "GEO", "ISR", "ARE"))


@pytest.fixture(scope="session")
def narrower(case: Case) -> Case:
    """The same with fewer candidates."""
    return with_candidates(case, ("TUR", "ISR"))


def with_candidates(case: Case, candidates: tuple[str, ...]) -> Case:
    markets = case.markets.model_copy(
        update={"candidates": candidates, "regions": (), "blocs": (), "exclude": ()}
    )
    return case.model_copy(update={"markets": markets, "quarters": 12})
