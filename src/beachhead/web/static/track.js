// What has happened since, the plan against it, and planning on from there.
import { act, ask, count, get, h, percent, post, tell, way, who } from "./base.js";

const KINDS = { "as planned": "as planned", late: "late", early: "early", "not entered": "not entered", "not said": "nothing said, taken as planned", waits: "waits for its pilot", "not planned": "not planned", left: "left" };

export async function showTrack(place, run) {
  const { case: asked, names, track } = run;
  const rows = (await get(`runs/${run.name}/actuals`)).map((row) => ({ ...row, value: String(row.value), mode: row.mode ?? "", localisation: row.localisation === null ? "" : String(row.localisation) }));
  const body = h("tbody"), wrong = h("div"), from = h("input", { size: "7", "aria-label": "Quarter from which to look or plan on", placeholder: "2015Q1" });
  if (track) from.value = track.as_of;
  const markets = [asked.home, ...asked.served, ...run.candidates];
  const table = h("input", { type: "file", accept: ".csv", "aria-label": "Read a CSV file of actuals", onchange: act(async () => {
    const [file] = table.files;
    table.value = "";
    if (file) take(await file.text());
  }) });
  const plan = new Map(run.plan.schedule.map((entry) => [entry.iso3, entry]));

  place.append(h("section.card", {}, h("h2", {}, "What has happened"), h("p.soft", {}, "A figure a row. What is not said is taken to have gone as planned."), wrong,
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Figures that were entered" }, h("table", {}, h("thead", {}, h("tr", {}, ["Market", "Quarter", "What", "Figure", "Way of entering", "Source", ""].map((head) => h("th", {}, head)))), body)),
    h("div.row", {}, h("button", { type: "button", onclick: () => { rows.push(blank()); drawRows(); body.lastChild.querySelector("select").focus(); } }, "Add a figure"), h("label.button.file", {}, "Read a CSV file", table),
      h("button.main", { type: "button", onclick: act(async () => { if (await save()) tell("Saved in the run folder as actuals.csv."); }) }, "Save")),
    h("div.row", {}, h("label", {}, "From ", from), h("button", { type: "button", onclick: act(look) }, "Hold the plan against it"), h("button", { type: "button", onclick: act(replan) }, "Plan again from there"))),
  ...(track ? drawTrack() : [h("section.card", {}, h("p.soft", {}, "The plan has not been held against what happened yet."))]));
  drawRows();

  function blank() { const end = rows.at(-1); return { market: end?.market ?? asked.home, quarter: end?.quarter ?? asked.quarters[0], metric: end?.metric ?? "units", value: "", mode: "", localisation: "", source: "" }; }

  function drawRows() {
    body.replaceChildren(...rows.map((row, k) => {
      const keep = (key) => ({ onchange: (event) => { row[key] = event.target.value; if (key === "metric") drawRows(); } });
      const firm = run.of_firm.includes(row.metric);
      if (firm) row.market = "";
      return h("tr", {},
        h("td", {}, firm ? h("span.soft", {}, "the firm") : h("select", { "aria-label": `Market of row ${k + 1}`, ...keep("market") }, [...new Set([row.market, ...markets])].map((iso3) => h("option", { value: iso3, selected: iso3 === row.market }, names[iso3] ?? iso3)))),
        h("td", {}, h("select", { "aria-label": `Quarter of row ${k + 1}`, ...keep("quarter") }, [...new Set([row.quarter, ...asked.quarters])].map((label) => h("option", { value: label, selected: label === row.quarter }, label)))),
        h("td", {}, h("select", { "aria-label": `What row ${k + 1} is`, title: run.metrics[row.metric], ...keep("metric") }, Object.keys(run.metrics).map((metric) => h("option", { value: metric, selected: metric === row.metric }, metric.replaceAll("_", " "))))),
        h("td", {}, h("input", { size: "10", inputmode: "decimal", "aria-label": `Figure of row ${k + 1}`, value: row.value, ...keep("value") })),
        h("td", {}, row.metric === "entered" ? h("select", { "aria-label": `Way of entering of row ${k + 1}`, ...keep("mode") }, ["", ...asked.modes].map((mode) => h("option", { value: mode, selected: mode === row.mode }, mode ? way(mode) : "as planned"))) : ""),
        h("td", {}, h("input", { size: "14", "aria-label": `Source of row ${k + 1}`, value: row.source, ...keep("source") })),
        h("td", {}, h("button", { type: "button", "aria-label": `Take row ${k + 1} out`, onclick: () => { rows.splice(k, 1); drawRows(); } }, "Remove")));
    }));
  }

  function take(text) {
    const [head, ...lines] = text.trim().split(/\r?\n/).map(cells);
    const at = (name, line) => line[head.indexOf(name)] ?? "";
    rows.push(...lines.map((line) => ({ market: at("market", line) || at("iso3", line), quarter: at("quarter", line), metric: at("metric", line), value: at("value", line), mode: at("mode", line), localisation: at("localisation", line), source: at("source", line) })));
    drawRows();
  }

  function cells(line) { return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell.replace(/^"|"$/g, "").replaceAll('""', '"').trim()).slice(0, -1); }

  async function save() {
    try {
      await ask("PUT", `runs/${run.name}/actuals`, { rows });
      wrong.replaceChildren();
      return true;
    } catch (fault) {
      wrong.replaceChildren(h("div.banner", { role: "alert" }, h("ul", {}, fault.problems.map((one) => h("li", {}, `${one.where.replace(/line (\d+)/, (_, line) => `row ${line - 1}`)}: ${one.what}. ${one.fix}`)))));
      return false;
    }
  }

  async function look() {
    if (!(await save())) return;
    location.hash = `#/job/${(await post("tracks", { run: run.name, as_of: from.value || null, by: who() })).name}`;
  }

  async function replan() {
    if (!from.value) { tell("Say from which quarter to plan on."); from.focus(); return; }
    if (!(await save())) return;
    location.hash = `#/job/${(await post("plans", { old: run.name, as_of: from.value, by: who() })).name}`;
  }

  function drawTrack() {
    const name = (iso3) => names[iso3] ?? iso3;
    const kind = { KEEP: "good", REVIEW: "warn", "RE-PLAN": "bad" }[track.answer];
    return [
      h("section.card", {}, h("h2", {}, `As of ${track.as_of}: `, h(`span.${kind}`, {}, { KEEP: "keep the plan", REVIEW: "look at the plan again", "RE-PLAN": "plan again" }[track.answer])),
        track.reasons.length ? h("ul", {}, track.reasons.map((reason) => h("li", {}, `${reason.words}.`))) : h("p", {}, "Nothing speaks against it."),
        h("p.soft", {}, `Risk of too little cash: ${percent(track.ruin)} when planned${track.ruin_now === null ? "" : `, ${percent(track.ruin_now)} now`}.`)),
      track.aims.length ? h("section.card", {}, h("h2", {}, "Targets"), h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "Target"), h("th.number", {}, "Chance when planned"), h("th.number", {}, "Now"), h("th", {}, ""))),
        h("tbody", {}, track.aims.map((aim) => h("tr", {}, h("td", {}, asked.targets[aim.number]), h("td.number", {}, percent(aim.chance)), h("td.number", {}, percent(aim.now)), h("td", {}, aim.outcome === "unknown" ? `cannot be told without ${aim.lacking.join(", ")}` : aim.outcome))))))) : "",
      track.launches.length ? h("section.card", {}, h("h2", {}, "Entries, planned and made"), h("div.scroll", {}, h("table", {}, h("thead", {}, h("tr", {}, ["Market", "Planned", "Made", ""].map((head) => h("th", {}, head)))),
        h("tbody", {}, track.launches.map((one) => h("tr", {}, h("td", {}, name(one.market)), h("td", {}, one.planned ?? "–"), h("td", {}, one.actual ?? "–"), h("td", {}, KINDS[one.kind], one.late > 0 ? `, ${one.late} ${one.late === 1 ? "quarter" : "quarters"}` : "", one.otherwise && plan.has(one.market) ? ", in another way" : ""))))))) : "",
      track.observations.length ? h("section.card", {}, h("h2", {}, "Figures beside the plan's futures"), h("p.small.soft", {}, `${track.calibration.outside} of ${track.calibration.count} figures that count lie outside nine futures of ten; ${track.calibration.expected.toFixed(1)} may be expected to.`),
        h("div.scroll.tall", { tabindex: "0", role: "region", "aria-label": "Figures beside the plan's futures" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "Market"), h("th", {}, "Quarter"), h("th", {}, "What"), h("th.number", {}, "Happened"), h("th.number", {}, "Planned, middle"), h("th.number", {}, "Nine of ten"), h("th", {}, ""))),
          h("tbody", {}, track.observations.map((one) => h("tr", {}, h("td", {}, one.market ? name(one.market) : "the firm"), h("td", {}, one.quarter), h("td", {}, one.metric.replaceAll("_", " ")), h("td.number", {}, count(one.actual)), h("td.number", {}, count(one.middle)), h("td.number", {}, `${count(one.low)} – ${count(one.high)}`), h("td", {}, one.outside ? h("span.bad", {}, "outside") : ""))))))) : "",
    ];
  }
}
