"""What a plan hangs on, in print and as a section of the report."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from beachhead.errors import InputError
from beachhead.reporting.html import write_report
from beachhead.reporting.run import read_sensitivity
from beachhead.reporting.sensitivity import describe_sensitivity


def test_it_is_told_in_a_hundred_columns(answer, hangs) -> None:
    text = describe_sensitivity(answer.case, answer.panel, hangs)
    assert max(map(len, text.splitlines())) <= 100
    for words in (
        "PARTIAL", "Worth of the first entries", "Spread of the value", "31 % (25 to 37)",
        "One at a time", "At 0.2: rather without", "switched off one by one", "breaks limits",
        "Where the plan turns", "Entry cost x 0.50, not yet x 0.59: Aruba, Afghanistan or Angola",
        "Entry cost x 0.5 to x 0.59, not seen anywhere: more entries in the first two years",
        "Margin x 4.00 (EUR 92.0 in place of 23.0), not yet x 2.00: no plan is found that keeps",
    ):  # fmt: skip
        assert words in text, words
    # Ten are printed, and those behind them for which the plan was made again.
    assert "some.parameter_9" in text and "some.parameter_11" in text
    assert "some.parameter_10" not in text
    assert "0.59" not in text.partition("Where the plan turns")[2].partition("Entry cost x")[0]


def test_nothing_found_yet_is_told_too(answer, hangs) -> None:
    nothing = dict.fromkeys(("stakes", "shares", "swings", "effects", "looks", "switches"), ())
    text = describe_sensitivity(answer.case, answer.panel, replace(hangs, **nothing))
    assert len(text.splitlines()) == 2


def test_report_has_a_section_of_its_own(answer, hangs, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    given = answer.case, answer.ranking, answer.plan, answer.futures
    write_report(path, *given)
    asking = "<code>beachhead sensitivity RUN</code> finds"
    assert asking in path.read_text("utf-8")
    write_report(path, *given, sensitivity=hangs)
    page = path.read_text("utf-8").replace("\u00a0", " ")
    assert asking not in page
    for words in (
        "What the plan hangs on", "PARTIAL", "some.parameter_11", "x 0.59", "breaks limits",
        "many &lt;b&gt;at once&lt;/b&gt;",
    ):  # fmt: skip
        assert words in page, words
    for name in ("stakes", "swings", "shares"):
        assert f'<div class="chart" id="{name}" role="img" aria-label="' in page
        spec = re.search(rf'id="spec-{name}">(.*?)</script>', page, re.S)
        assert spec is not None and json.loads(spec[1])


def test_it_comes_back_from_the_run_folder(hangs, tmp_path: Path) -> None:
    assert read_sensitivity(tmp_path) is None
    (tmp_path / "sensitivity.json").write_text(hangs.to_json(), "utf-8")
    assert read_sensitivity(tmp_path) == hangs
    (tmp_path / "sensitivity.json").write_text('{"case": "made"}', "utf-8")
    with pytest.raises(InputError, match=r"sensitivity\.json: not readable by version"):
        read_sensitivity(tmp_path)
