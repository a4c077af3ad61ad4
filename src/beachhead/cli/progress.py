"""The bar that long work shows on a terminal, and the file in which another program follows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

from beachhead.errors import InputError, Problem


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


@dataclass(frozen=True)
class Journal:
    """A file to which a line of JSON is added for every step, and a way to end the work early.

    Where a file of the same name with `.stop` behind it stands beside it, the work is ended as
    Ctrl-C does. Without a file nothing happens.
    """

    file: Path | None

    def begin(self) -> None:
        """Empty the file.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        if self.file is None:
            return
        try:
            self.file.write_text("")
        except OSError as error:
            fix = "Name a file in a folder that you may write to."
            raise InputError(
                Problem(f"cannot write: {error.strerror}", str(self.file), fix)
            ) from error

    def note(
        self, words: str, done: float, total: float, figures: Mapping[str, float] | None = None
    ) -> None:
        """What is being done, how much of how much is, and figures of it.

        Raises
        ------
        KeyboardInterrupt
            If the work is to end.
        """
        if self.file is None:
            return
        line = {"at": round(time(), 3), "words": words, "done": done, "total": total}
        # Whoever follows the work may lose sight of it: that must not end it.
        with suppress(OSError), self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, **(figures or {})}) + "\n")
        if self.file.with_name(f"{self.file.name}.stop").exists():
            raise KeyboardInterrupt
