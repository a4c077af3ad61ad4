"""The report is one file that draws its charts alone, and shows text as text."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from beachhead.planning.plan import GateUse
from beachhead.reporting.html import draw_plan, write_report
from beachhead.reporting.summary import summarise
from beachhead.reporting.timeline import draw_timeline

# Says in the page what it asked for, what went wrong, and what each chart drew.
PROBE = """
<pre id="probe"></pre><script>
const faults = [];
addEventListener("error", event => faults.push(String(event.message)));
addEventListener("unhandledrejection", event => faults.push(String(event.reason)));
addEventListener("securitypolicyviolation", event => faults.push(event.blockedURI));
setTimeout(() => {
  const drawn = {};
  for (const chart of document.querySelectorAll(".chart")) {
    if (!chart.getAttribute("aria-label")) faults.push("no alternative text: " + chart.id);
    drawn[chart.id] = chart.querySelectorAll("svg .mark-shape path, svg .mark-rect path, " +
      "svg .mark-area path, svg .mark-line path").length;
  }
  const asked = performance.getEntriesByType("resource").map(entry => entry.name);
  document.getElementById("probe").textContent = JSON.stringify({faults, drawn, asked});
}, 3000);
</script>
"""


@pytest.fixture(scope="module")
def report(answer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, answer.case, answer.ranking, answer.plan, answer.futures)
    return path


def test_report_is_small_and_names_nothing_outside(report: Path) -> None:
    page = report.read_text("utf-8")
    assert report.stat().st_size < 3_000_000
    page = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert "default-src 'none'" in page


def test_text_of_the_case_is_shown_as_text(report: Path) -> None:
    page = report.read_text("utf-8")
    assert "A firm &lt;b&gt;that&lt;/b&gt; looks abroad &amp; beyond" in page
    assert "<script>alert(1)" not in page
    for spec in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S):
        json.loads(spec)


def test_report_shows_figures_sources_and_holes(report: Path, answer) -> None:
    page = report.read_text("utf-8").replace("\u00a0", " ")
    for part in (
        "that adds EUR 7.00 m", "Commit now", "no figure", "judgement", "acceptance.p0",
        "today&#39;s revision", "Beside other strategies", "waterfall",
    ):  # fmt: skip
        assert part in page, part
    for entry in answer.plan.schedule.entries:
        assert answer.panel.name(entry.iso3) in page


def test_report_is_the_same_with_the_panel_and_without(report: Path, answer, tmp_path) -> None:
    path = tmp_path / "again.html"
    write_report(path, answer.case, answer.ranking, answer.plan, answer.futures, panel=answer.panel)
    assert path.read_bytes() == report.read_bytes()


@pytest.mark.parametrize("entries", [0, 60])
def test_page_draws_its_charts_and_asks_for_nothing(
    browser, make, hangs, tmp_path, entries
) -> None:
    answer = make(40, entries)
    path = tmp_path / "report.html"
    write_report(
        path, answer.case, answer.ranking, answer.plan, answer.futures,
        sensitivity=hangs if entries else None,
    )  # fmt: skip
    head, middle, tail = path.read_text("utf-8").rpartition("<script>\nconst ink")
    path.write_text(head + PROBE + middle + tail, encoding="utf-8")
    dom = browser.read_dom(path.as_uri(), wait_ms=8000)
    told = re.search(r'<pre id="probe">(.*?)</pre>', dom)
    assert told and told[1], "the page did not get to its end"
    found = json.loads(told[1])
    assert found["faults"] == []
    assert found["asked"] == []
    assert found["drawn"].pop("map") > 170
    assert found["drawn"].pop("timeline", 0) == entries
    if entries:
        shown = [found["drawn"].pop(name) for name in ("stakes", "shares", "swings")]
        assert shown == [2 * len(hangs.stakes), len(hangs.shares), 20]
        assert found["drawn"].pop("teams") >= 1
    assert found["drawn"].keys() == {
        "value", "cash", "sales", "part", "markets", "funding", "strategies",
    }  # fmt: skip
    assert found["drawn"].pop("funding") >= 1
    assert min(found["drawn"].values()) >= 3


def test_page_prints_on_a_few_sheets(browser, make, hangs, prices, tmp_path) -> None:
    answer = make(40, 25)
    path, pages = tmp_path / "report.html", tmp_path / "report.pdf"
    write_report(
        path, answer.case, answer.ranking, answer.plan, answer.futures, why=answer.why,
        sensitivity=hangs, prices=prices,
    )  # fmt: skip
    assert 3 <= browser.print_pages(path.as_uri(), pages) <= 8
    # A4 in points.
    assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45]\S* 84[12]\S*\s*\]", pages.read_bytes())


def test_answer_is_five_sentences(report: Path) -> None:
    page = report.read_text("utf-8")
    answer = page[page.index('<div class="answer">') : page.index("<nav")]
    said = re.findall(r"<p>(.*?)</p>", answer)
    assert len(said) == 5
    for sentence in said:  # each ends once
        assert sentence.endswith(".") and ". " not in sentence.replace("vs. ", "")
    assert sum(bool(re.search(r"\d", sentence)) for sentence in said) >= 4


def test_every_picture_says_what_it_shows(answer) -> None:
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    given = answer.case, answer.panel, answer.plan, summary, answer.futures, answer.why
    drawn = draw_plan(*given)
    assert {"map", "timeline", "teams", "value", "cash", "funding", "worths"} <= drawn.keys()
    for name, spec in drawn.items():
        assert len(spec["description"].split()) > 5, name
    for launch in summary.launches:
        assert launch.name in drawn["map"]["description"]


def test_entries_on_one_lane_do_not_overlap(make) -> None:
    answer = make(40, 60)
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    regions = dict(answer.panel.markets.select("iso3", "region").iter_rows())
    spec = draw_timeline(answer.case, answer.plan, summary, regions)
    rows = spec["data"]["values"]
    assert len(rows) == 60
    order = {label: number for number, label in enumerate(summary.quarters)}
    lanes: dict[str, list[int]] = {}
    for row in rows:
        lanes.setdefault(row["lane"], []).append(order[row["quarter"]])
    for dates in lanes.values():
        assert min(b - a for a, b in pairwise([-9, *dates])) >= 2
    assert {row["lane"].split("|")[0] for row in rows} == {
        regions[launch.iso3] for launch in summary.launches
    }


def test_map_knows_every_economy(answer) -> None:
    from beachhead.reporting.charts import draw_map
    from beachhead.reporting.summary import summarise

    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    candidates = set(answer.case.candidate_iso3(answer.panel))
    spec = draw_map(answer.case, answer.panel, summary, {"AFG": "because"}, candidates)
    shapes = spec["datasets"]["world"]["objects"]["countries"]["geometries"]
    areas = {shape["id"] for shape in shapes}
    assert "XKX" in areas and "158" in areas and "010" not in areas
    rows = spec["layer"][0]["transform"][0]["from"]["data"]["values"]
    points = {row["id"] for row in spec["layer"][1]["data"]["values"]}
    assert {row["id"] for row in rows} <= areas | points
    assert {"344", "702"} <= points
    by_name = {row["market"]: row for row in rows}
    assert by_name["Austria"]["group"] == "home"
    assert by_name["Germany"]["group"] == "served already"
    assert (by_name["Afghanistan"]["group"], by_name["Afghanistan"]["why"]) == ("2025", "because")
    assert by_name["Zambia"]["group"] == "candidate"


def test_a_pilot_is_marked_when_it_is_decided_on(answer) -> None:
    summary = summarise(answer.case, answer.plan.schedule, answer.futures)
    regions = dict(answer.panel.markets.select("iso3", "region").iter_rows())
    taken = GateUse(0, "try it", "AFG", ("AGO",), True, 4, 9, 1200.0, 0.4, 1e6, 1e5, 1e6)
    plan = replace(answer.plan, gates=(taken, replace(taken, taken=False, decision=3)))
    spec = draw_timeline(answer.case, plan, summary, regions)
    (marks,) = [layer for layer in spec["layer"] if layer["mark"].get("shape") == "diamond"]
    (mark,) = marks["data"]["values"]  # the gate that is not taken has none
    assert mark["quarter"] == answer.case.quarter_label(9)
    assert (mark["pilot"], mark["waiting"]) == ("try it", "AGO")
