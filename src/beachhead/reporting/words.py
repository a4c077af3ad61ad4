"""Numbers as a reader says them: USD 12.3 m, 4.1 %, 120 k.

Number and unit are held together by a space at which no line breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GLUE = "\u00a0"
_UNITS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def count(number: float) -> str:
    """Number in three digits and a unit: 12.3 m; below a thousand it stands as it is."""
    size = abs(number)
    # From 999.5 on, three digits would read 1000 of the smaller unit.
    unit, word = next(((u, w) for u, w in _UNITS if size >= 0.9995 * u), (1.0, ""))
    scaled = size / unit
    decimals = 0 if scaled >= 99.95 or scaled == 0 else 1 if scaled >= 9.995 else 2
    text = f"{scaled:.{decimals}f}"
    sign = "-" if number < 0 and float(text) else ""
    return f"{sign}{text}{GLUE}{word}".rstrip(GLUE)


def money(amount: float, currency: str) -> str:
    """Amount with its currency: USD 12.3 m, or -USD 12.3 m for a loss."""
    text = count(amount)
    return (
        f"-{currency}{GLUE}{text[1:]}"
        if text.startswith("-")
        else f"{currency}{GLUE}{text}".lstrip(GLUE)
    )


def change(amount: float) -> str:
    """Difference with its sign: +12.3 m."""
    text = count(amount)
    return text if text.startswith("-") else f"+{text}"


def percent(share: float) -> str:
    """Share as a percentage: 4.1 %, 0.33 %, 52 %."""
    size = abs(share) * 100
    decimals = 0 if size >= 9.95 or size == 0 else 1 if size >= 0.995 else 2
    return f"{share * 100:.{decimals}f}".removesuffix(".0") + f"{GLUE}%"


def several(words: Sequence[str]) -> str:
    """Words as an enumeration: A, B and C."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def number_of(things: int, one: str, many: str = "") -> str:
    """Number with its noun: 1 market, 2 markets."""
    return f"{things} {one if things == 1 else many or one + 's'}"


def lay_out(
    parts: Iterable[str], width: int, *, indent: str = "", lines: int | None = None, rest: str = ""
) -> list[str]:
    """Parts set one after another, never broken inside, on lines of at most `width` columns.

    Parameters
    ----------
    parts : iterable of str
        What to set, each with the sign that parts it from the next.
    width : int
        Columns of a line, indentation included.
    indent : str
        What every line begins with.
    lines : int, optional
        Most lines to use.
    rest : str
        What to say where not all fit, with `{}` for how many parts were left out.
    """
    parts = list(parts)
    laid = _fill(parts, width, indent)
    if lines is None or len(laid) <= lines:
        return laid
    for kept in range(len(parts) - 1, -1, -1):
        laid = _fill([*parts[:kept], rest.format(len(parts) - kept)], width, indent)
        if len(laid) <= lines:
            break
    return laid[:lines]


def _fill(parts: Sequence[str], width: int, indent: str) -> list[str]:
    laid: list[str] = []
    for part in parts:
        if laid and len(laid[-1]) + 1 + len(part) <= width:
            laid[-1] += f" {part}"
        else:
            laid.append(f"{indent}{part}"[:width])
    return laid
