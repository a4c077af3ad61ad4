"""The published numbers are met in double precision."""

from collections.abc import Iterator

import jax
import pytest
from small_firm import Firm, plain_firm


@pytest.fixture(scope="module", autouse=True)
def double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def plain(double_precision: None) -> Firm:
    """Three equal markets and nothing but what a test switches on; see `plain_firm`."""
    return plain_firm()
