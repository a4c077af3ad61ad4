"""Quarters of the calendar: the labels a reader writes, such as 2014Q3, as numbers one can add to.

A quarter counts as `4 * year + (0..3)`, so that differences are numbers of quarters.
"""

from __future__ import annotations

import re
from datetime import date

LABEL = r"^[12]\d{3}Q[1-4]$"


def parse(label: str) -> int:
    """Number of the quarter with this label; `ValueError` if it is no label."""
    if not re.fullmatch(LABEL, label):
        raise ValueError(f"{label!r} is no quarter; write year and quarter as in 2014Q3")
    return 4 * int(label[:4]) + int(label[5]) - 1


def label(number: int) -> str:
    """Label of a quarter: `label(parse("2014Q3")) == "2014Q3"`."""
    return f"{number // 4}Q{number % 4 + 1}"


def holding(day: date) -> int:
    """Number of the quarter in which `day` is."""
    return 4 * day.year + (day.month - 1) // 3


def first_from(day: date) -> int:
    """Number of the first quarter that begins on or after `day`."""
    number = holding(day)
    begins = date(day.year, 3 * (number % 4) + 1, 1)
    return number if day == begins else number + 1
