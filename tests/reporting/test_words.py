import pytest

from beachhead.reporting.words import GLUE, change, count, lay_out, money, percent, several


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7.00"),
        (12.34, "12.3"),
        (999.4, "999"),
        (999.6, "1.00 k"),
        (12_345, "12.3 k"),
        (999_600, "1.00 m"),
        (12.3e6, "12.3 m"),
        (-2.5e9, "-2.50 bn"),
        (4e12, "4.00 tn"),
        (-1e-9, "0.00"),
    ],
)
def test_count_shows_three_digits_and_a_unit(number: float, text: str) -> None:
    assert count(number) == text.replace(" ", GLUE)


def test_money_puts_the_sign_before_the_currency() -> None:
    assert money(12.3e6, "USD").split(GLUE) == ["USD", "12.3", "m"]
    assert money(-12.3e6, "USD").split(GLUE) == ["-USD", "12.3", "m"]
    assert money(12.3e6, "").split(GLUE) == ["12.3", "m"]
    assert change(5e5).split(GLUE) == ["+500", "k"]
    assert change(-5e5).split(GLUE) == ["-500", "k"]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.05, "5 %"), (0.0333, "3.3 %"), (0.00333, "0.33 %"), (1, "100 %")],
)
def test_percent_keeps_two_digits(share: float, text: str) -> None:
    assert percent(share) == text.replace(" ", GLUE)


def test_several_reads_as_an_enumeration() -> None:
    assert several([]) == ""
    assert several(["A"]) == "A"
    assert several(["A", "B", "C"]) == "A, B and C"


def test_parts_are_laid_out_whole_and_what_is_left_out_is_counted() -> None:
    parts = [f"part{number:02d}," for number in range(20)]
    whole = lay_out(parts, 40, indent="  ")
    assert " ".join(line.strip() for line in whole) == " ".join(parts)
    assert all(line.startswith("  ") and len(line) <= 40 for line in whole)
    short = lay_out(parts, 40, lines=2, rest="and {} more")
    assert len(short) == 2
    shown = " ".join(short).count("part")
    assert short[-1].endswith(f"and {20 - shown} more")
