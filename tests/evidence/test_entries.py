"""Tables of entries become histories, or say all that is wrong with them at once."""

from pathlib import Path

import pytest
from invented_firms import write

from beachhead.data import Panel
from beachhead.errors import InputError
from beachhead.evidence.entries import read_histories


def test_presence_follows_entries_exits_and_reentries(tmp_path: Path, panel: Panel) -> None:
    path = write(
        tmp_path / "entries.csv",
        "A,retail,SWE,NOR,2001,,entry,,",
        "A,retail,SWE,JPN,1974,5,entry,,",
        "A,retail,SWE,JPN,1986,,exit,,",
        "A,retail,SWE,JPN,2006,,reentry,,",
    )
    (history,) = read_histories(path, panel)
    assert history.first_entries == {"JPN": 1974, "NOR": 2001}
    assert history.present(1975) == {"JPN": 1974}
    assert history.present(1986) == {"JPN": 1974}  # what happens in a year is not yet seen
    assert history.present(1990) == {}
    assert history.present(2007) == {"NOR": 2001, "JPN": 2006}
    assert (history.coverage, history.score_until, history.sector) == ("full", None, "retail")


def test_all_problems_are_told_at_once_with_file_and_row(tmp_path: Path, panel: Panel) -> None:
    path = write(
        tmp_path / "entries.csv",
        "A,x,SWE,NRO,2001,,entry,,",
        "A,x,SWE,NOR,20O1,,entry,,",
        "A,x,SWE,DNK,2001,13,entry,,",
        "A,x,SWE,FIN,2001,,left,,",
        "A,x,SWE,SWE,2001,,entry,,",
        "A,x,SWE,DEU,2001,,exit,,",
        "A,x,NOR,FRA,2001,,entry,,",
        "B,x,ZZZ,FRA,2001,,entry,,",
        "C,x,SWE,FRA,2001,,entry,,",
        "C,x,SWE,FRA,2002,,entry,,",
    )
    firms = tmp_path / "firms.csv"
    firms.write_text("firm,coverage,score_until\nA,most,\nD,full,x\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_histories(path, panel, firms)
    told = [str(problem) for problem in caught.value.problems]
    for line, words in (
        (2, "'NRO' is no code"), (3, "'20O1' is none"), (4, "month '13'"), (5, "'left'"),
        (6, "its home"), (7, "without an entry"), (8, "before it was SWE"), (9, "'ZZZ'"),
        (11, "second first entry"),
    ):  # fmt: skip
        assert any(f"entries.csv, line {line}:" in text and words in text for text in told), words
    for words in ("coverage 'most'", "no entries of the firm 'D'", "score_until 'x'"):
        assert any("firms.csv" in text and words in text for text in told), words


def test_places_without_figures_are_no_fault(tmp_path: Path, panel: Panel) -> None:
    path = write(tmp_path / "entries.csv", "A,,FRA,REU,2001,,entry,,", "A,,FRA,BEL,2002,,entry,,")
    (history,) = read_histories(path, panel)
    assert set(history.first_entries) == {"REU", "BEL"}
