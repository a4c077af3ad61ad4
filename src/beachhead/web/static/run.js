// A plan: its figures, what if it were another, the report, what has happened, its files.
import { count, get, h, money, percent, tabs } from "./base.js";
import { showTrack } from "./track.js";
import { showWhatIf } from "./whatif.js";

const SAID = { "case.toml": "the case as it was planned", "plan.json": "the plan, for other programs", "schedule.csv": "who is entered, when and how",
  "futures.nc": "what the plan brings in every sampled future", "report.html": "the report, one file that needs nothing else", "report.xlsx": "the figures of the report as a workbook", "beliefs.nc": "what was believed of the parameters, from the firm's own records", "why.json": "why the entries are as they are",
  "against.json": "the plan beside the old one it goes on from", "track.json": "the plan against what happened", "targets.csv": "every look at the targets", "actuals.csv": "what has happened", "run.json": "the stamp of the run" };

export async function showRun(place, name, part) {
  const run = await get(`runs/${name}`);
  const { plan, case: asked } = run;
  document.title = `${name} – beachhead`;
  const tile = (value, label) => h("div.tile", {}, h("b", {}, value), h("span", {}, label));
  const leave = [];
  const first = plan.schedule.slice(0, 3).map((entry) => `${entry.name} ${entry.enter}`).join(", ");
  const views = tabs("Plan", [
    ["plan", "The plan, and what if", (panel) => { if (!panel.firstChild) leave.push(showWhatIf(panel, run)); }],
    ["report", "Report", (panel) => { if (!panel.firstChild) panel.append(h("iframe.report", { src: `/api/runs/${name}/files/report.html`, sandbox: "allow-scripts", title: `Report of ${name}` })); }],
    ["track", "Against what happened", (panel) => { if (!panel.firstChild) leave.push(showTrack(panel, run)); }],
    ["files", "Files", (panel) => {
      if (!panel.firstChild) panel.append(h("section.card", {}, h("p", {}, "The run folder is the record: these files are all there is."),
        h("ul.list", {}, run.files.map((file) => h("li", {}, h("a.grow", { href: `/api/runs/${name}/files/${file}`, download: file === "report.html" ? `${name}.html` : true }, file), h("span.soft", {}, SAID[file] ?? ""))))));
    }],
  ], part === "track" ? "track" : "plan");
  place.append(
    h("div.head", {}, h("div", {}, h("h1", {}, asked.title || name), h("p.soft", {}, `${name}: ${asked.firm}, from ${run.names[asked.home]}, as of ${asked.as_of}. ${plan.schedule.length ? `First ${first}.` : "It stays at home."}`))),
    plan.status === "partial" ? h("div.banner.calm", {}, `The search was ended early (${plan.ended_by === "Ctrl-C" ? "by hand" : plan.ended_by}): this is the best plan found until then.`) : "",
    h("div.tiles", {},
      tile(money(plan.value.adds, asked.currency), `expansion adds, on average, ±\u00a0${count(plan.value.adds_error)}`),
      tile(plan.schedule.length, "markets entered"),
      tile(`${money(plan.value.p05, asked.currency)} – ${count(plan.value.p95)}`, "value of the firm in nine futures of ten"),
      tile(plan.gap === null ? "–" : `${percent(plan.gap)} at most`, "what any other schedule could add beyond that")),
    ...views.elements);
  return async () => { for (const one of leave) await (await one)?.(); };
}
