"""On which line of a TOML text each key, and each item of a list, stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_KEY = re.compile(r"[ \t]*(?:([\w-]+)|\"((?:\\.|[^\"\\])*)\"|'([^']*)')[ \t]*", re.ASCII)
_PLAIN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}|'
    r"'''[\s\S]*?'{3,5}|"
    r'"(?:\\.|[^"\\])*"|'
    r"'[^']*'|"
    r"[^,\]}#\n]+"
)


def find_lines(text: str) -> dict[str, int]:
    """Line of every table, key and item of a valid TOML text, by paths as `firm.served[0].mode`.

    A part of a key keeps its dots: `"entry.haste"` in `[parameters]` is `parameters.entry.haste`.
    """
    return _Scanner(text).lines


def find_place(key: str, places: Mapping[str, str]) -> str:
    """The place of a dotted key, or of the nearest key around it; empty if none is known."""
    while key and key not in places:
        key = re.sub(r"(\[\d+\]|\.?[^.\[\]]*)$", "", key, count=1)
    return places.get(key, "")


class _Scanner:
    """Reads a text that is known to be valid, and keeps nothing but where things stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self._ends = [match.start() for match in re.finditer("\n", text)]
        table = ""
        while self._skip():
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self) -> bool:
        """Past space, line ends and comments; whether anything is left."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def _note(self, path: str, at: int) -> None:
        self.lines.setdefault(path, bisect_right(self._ends, at - 1) + 1)

    def _keys(self) -> list[str]:
        """The parts of a dotted key."""
        parts = []
        while match := _KEY.match(self.text, self.at):
            bare, quoted, literal = match.groups()
            parts.append(next(part for part in (bare, quoted, literal) if part is not None))
            self.at = match.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return parts

    def _header(self) -> str:
        """The path of the table that begins here."""
        begin = self.at
        brackets = 2 if self.text.startswith("[[", begin) else 1
        self.at += brackets
        parts = self._keys()
        self.at += brackets
        path = ""
        for number, part in enumerate(parts, start=1):
            path = f"{path}.{part}".lstrip(".")
            self._note(path, begin)
            if brackets == 2 and number == len(parts):
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:  # a list of tables: the newest one is meant
                path = f"{path}[{self.counts[path]}]"
                self._note(path, begin)
        return path

    def _pair(self, path: str) -> None:
        begin = self.at
        for part in self._keys():
            path = f"{path}.{part}".lstrip(".")
            self._note(path, begin)
        self.at += 1  # past the equals sign
        self._value(path)

    def _value(self, path: str) -> None:
        self._skip()
        closing = {"[": "]", "{": "}"}.get(self.text[self.at])
        if closing is None:
            match = _PLAIN.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)
            return
        self.at += 1
        number = 0
        while self._skip() and self.text[self.at] != closing:
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "]":
                self._note(f"{path}[{number}]", self.at)
                self._value(f"{path}[{number}]")
                number += 1
            else:
                self._pair(path)
        self.at += 1
