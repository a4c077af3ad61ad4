"""Compiling what is called thousands of times."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jax


@cache
def _widest() -> dict[str, int] | None:
    """Options that ask for the processor's widest vectors, where the compiler knows them.

    Left to itself it keeps to half their width. What is not known is refused at the first
    compilation, so it is tried on the smallest of programs.
    """
    options = {"xla_cpu_prefer_vector_width": 512}
    try:
        jax.jit(lambda number: number + 1.0, compiler_options=options)(0.0)
    except (RuntimeError, ValueError, TypeError):
        return None
    return options


def compile_for_search[**P, R](
    function: Callable[P, R], static_argnames: tuple[str, ...] = ()
) -> Callable[P, R]:
    """`function` compiled for throughput on this machine; the same results to rounding."""
    compiled: Any = jax.jit(function, static_argnames=static_argnames, compiler_options=_widest())
    return compiled


MAPPINGS = 45_000  # memory mappings of a process from which on programs are dropped


def make_room() -> None:
    """Drop compiled programs before they are too many for one process.

    Each takes memory mappings, of which Linux lends a process some 65,000; the compiler aborts the
    process where it gets no more. A plan of a new shape takes a few thousand.
    """
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MAPPINGS:
        jax.clear_caches()
        gc.collect()
