"""The published numbers are met in double precision."""

from collections.abc import Iterator

import jax
import pytest
from small_firm import Firm, lively_firm, plain_firm

from beachhead.mechanisms import table as every_parameter
from beachhead.quantities import Parameter


@pytest.fixture(scope="module", autouse=True)
def precision() -> Iterator[None]:
    """Float64, and no silent change of type where a test calls an equation."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture(scope="module")
def plain(precision: None) -> Firm:
    """Three equal markets and nothing but what a test switches on; see `plain_firm`."""
    return plain_firm()


@pytest.fixture(scope="module")
def lively(precision: None) -> Firm:
    """A firm in which every mechanism is at work; see `lively_firm`."""
    return lively_firm()


@pytest.fixture(scope="module")
def table() -> dict[str, Parameter]:
    return every_parameter()
