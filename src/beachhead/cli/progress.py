"""The bar that long work shows on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress(promise: str) -> Iterator[Callable[[str, float, float], None]]:
    """A bar that is moved by what is being done, and how much of how much is.

    Nothing is shown where nobody is looking. `promise`: what Ctrl-C keeps.
    """
    if not sys.stderr.isatty():
        yield lambda words, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TimeRemainingColumn(),
        TextColumn(f"Ctrl-C keeps {promise}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=1)
        yield lambda words, done, total: bar.update(
            task, description=words, total=total, completed=done
        )
