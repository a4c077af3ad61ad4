"""The report: one HTML file that needs nothing else, not even a connection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import vl_convert
import xarray as xr
from markupsafe import Markup

from beachhead._version import __version__
from beachhead.calibration import believe
from beachhead.cases import Case, overlay
from beachhead.data import Panel, load_panel
from beachhead.evidence.tracking import Track
from beachhead.files import write_atomic
from beachhead.planning import Plan
from beachhead.planning.against import Against
from beachhead.planning.grounds import Why
from beachhead.planning.prices import Prices
from beachhead.planning.sensitivity import Sensitivity
from beachhead.reporting import bars, charts, fans, sentences, tables, timeline
from beachhead.reporting.against import tell_against
from beachhead.reporting.limits import introduce_prices, list_prices
from beachhead.reporting.sensitivity import PARTIAL, draw_sensitivity, list_sensitivity
from beachhead.reporting.summary import Summary, summarise
from beachhead.reporting.tracking import draw_track, tell_track
from beachhead.reporting.why import tell_nearest, tell_why
from beachhead.screening import Ranking
from beachhead.simulation import Beliefs
from beachhead.simulation.facts import gather

_TEMPLATE = "report.html.jinja"


def write_report(
    path: str | Path,
    case: Case,
    ranking: Ranking,
    plan: Plan,
    futures: xr.Dataset,
    *,
    panel: Panel | None = None,
    sensitivity: Sensitivity | None = None,
    prices: Prices | None = None,
    why: Why | None = None,
    against: Against | None = None,
    track: Track | None = None,
    beliefs: Beliefs | None = None,
) -> None:
    """Write the report of a plan: map, timeline, fans, tables, assumptions, notes on the data.

    Parameters
    ----------
    path : str or Path
        The HTML file.
    case : Case
        The case as planned.
    ranking : Ranking
        Of the case's candidates.
    plan : Plan
        The answer.
    futures : xarray.Dataset
        What `simulate` returned for `plan.schedule`.
    panel : Panel, optional
        The panel of the answer; by default the packaged one as of the case's date.
    sensitivity : Sensitivity, optional
        What the plan hangs on; without it the report has no such section.
    prices : Prices, optional
        What the limits cost; likewise.
    why : Why, optional
        Why the plan is as it is, likewise.
    against : Against, optional
        The plan beside the old one that it goes on from, likewise.
    track : Track, optional
        The plan against what has happened, likewise.
    beliefs : Beliefs, optional
        As the plan was made with; by default the case's priors.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    panel = overlay(case, load_panel(as_of=case.as_of) if panel is None else panel)
    case = case.resolve(panel)
    summary = summarise(case, plan.schedule, futures)
    names = panel.names
    told = sentences.tell_reasons(why, names)
    beliefs = beliefs or believe(case, panel)
    shown = [str(iso3) for iso3 in futures["market"].values]
    page = _load_template().render(
        case=case,
        plan=plan,
        panel=panel,
        version=__version__,
        home=names[case.firm.home],
        answer=sentences.tell_answer(case, plan, summary),
        status=sentences.tell_status(plan),
        value=f"{sentences.tell_value(case, plan)} {sentences.tell_beyond(summary)}",
        risk=sentences.tell_ruin(case, summary),
        funding=sentences.tell_funding(case, summary),
        bound=sentences.tell_bound(case, plan),
        limits=sentences.tell_limits(plan),
        commitments=sentences.tell_duties(summary),
        charts={
            **draw_plan(case, panel, plan, summary, futures, why),
            **(draw_sensitivity(case, sensitivity, names) if sensitivity else {}),
            **(draw_track(case, track, names) if track else {}),
        },
        hangs=list_sensitivity(case, sensitivity, names) if sensitivity else [],
        since=tell_against(case, against, names) if against else (),
        why=tell_why(case, plan, why, names) if why else None,
        track=tell_track(case, track, names) if track else None,
        interrupted=PARTIAL if sensitivity and sensitivity.status == "partial" else "",
        schedule=tables.list_schedule(case, summary, futures, told),
        years=tables.list_years(summary),
        strategies=tables.list_strategies(case, plan, summary.ruin),
        limit_table=tables.list_limits(plan),
        prices=(introduce_prices(prices), list_prices(case, prices)) if prices else None,
        place=sentences.tell_home(futures),
        measures=tables.list_measures(case, plan),
        targets=tables.list_targets(case, plan, names),
        gates=tables.list_gates(case, plan),
        exposures=tables.list_exposures(case, plan),
        rules=tables.list_rules(case, plan),
        ranking=tables.list_ranking(ranking),
        agreement=sentences.tell_ranking(ranking),
        criteria=tables.list_criteria(ranking),
        overrides=tables.list_overrides(ranking),
        floors=tables.list_floors(ranking),
        parameters=tables.list_parameters(beliefs),
        evidence=sentences.tell_evidence(beliefs),
        overridden=" ".join(
            filter(None, [sentences.tell_overridden(case), sentences.tell_beliefs(beliefs)])
        ),
        modes=tables.list_mode_economics(case),
        inputs=tables.list_inputs(case, panel),
        briefly=tables.list_briefly(beliefs),
        compared=tables.compare_figures(case, panel, shown),
        sources=tables.tell_sources(panel),
        figures=tables.list_figures(case, panel, shown),
        stand_ins=tables.list_stand_ins(gather(case, panel).notes, names),
        bundle=_load_bundle(),
    )
    write_atomic(Path(path), page)


def draw_plan(
    case: Case,
    panel: Panel,
    plan: Plan,
    summary: Summary,
    futures: xr.Dataset,
    why: Why | None = None,
) -> dict[str, dict[str, Any]]:
    """The pictures of a plan, as Vega-Lite, by name.

    Parameters
    ----------
    case : Case
        Resolved.
    panel : Panel
        With the case's own figures.
    plan : Plan
    summary : Summary
        Of the plan's schedule.
    futures : xarray.Dataset
        What `simulate` returned for it.
    why : Why, optional
        Why the plan is as it is.
    """
    names = panel.names
    reasons = sentences.tell_reasons(why, names) | tell_nearest(why)
    candidates = set(case.candidate_iso3(panel))
    drawn = {"map": charts.draw_map(case, panel, summary, reasons, candidates)}
    if charts.is_close(case, panel, candidates):
        given = case, panel, summary, reasons, candidates
        drawn["close"] = charts.draw_map(*given, close=True)
    if summary.launches:
        regions = _name_regions(panel)
        drawn["timeline"] = timeline.draw_timeline(case, plan, summary, regions)
        drawn["teams"] = timeline.draw_teams(summary, futures)
    drawn |= fans.draw_fans(case, summary, futures)
    if why is not None and any(worth.adds is not None for worth in why.worths):
        drawn["worths"] = bars.draw_worths(case, why, names)
    return drawn | {"strategies": bars.draw_strategies(case, plan)}


def _load_template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_json"] = _as_json
    return environment.get_template(_TEMPLATE)


def _as_json(content: Any) -> Markup:
    """JSON that may stand in a script element: no text in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _load_bundle() -> Markup:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    return Markup(
        vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace(
            "</script", "<\\/script"
        )
    )


def _name_regions(panel: Panel) -> dict[str, str]:
    return {
        iso3: region.replace("_", " ")
        for iso3, region in panel.markets.select("iso3", "region").iter_rows()
    }
