"""The mechanisms are tested in double precision."""

from collections.abc import Iterator

import jax
import pytest
from small_firm import Firm, lively_firm


@pytest.fixture(scope="module", autouse=True)
def double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def lively(double_precision: None) -> Firm:
    """A firm in which every mechanism is at work; see `lively_firm`."""
    return lively_firm()
