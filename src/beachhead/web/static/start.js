// Where everything begins: cases, jobs, plans.
import { act, ago, ask, get, h, money, percent, post, tell } from "./base.js";

const WORDS = { waiting: "waiting", running: "running", ending: "ending", done: "done", failed: "failed", died: "died", withdrawn: "withdrawn" };
export const words = (state) => WORDS[state] ?? state;
export const colour = (state) => (["failed", "died"].includes(state) ? "span.tag.bad" : ["running", "ending"].includes(state) ? "span.tag.now" : "span.tag");

export async function showStart(place) {
  document.title = "beachhead";
  const cases = h("ul.list"), jobs = h("ul.list"), runs = h("div");
  const chosen = new Set();
  const beside = h("button", { type: "button", disabled: true, onclick: () => { location.hash = `#/compare/${[...chosen].join(",")}`; } }, "Compare");
  const search = h("input", { type: "search", "aria-label": "Search plans", placeholder: "Search plans", oninput: () => drawRuns() });
  const waiting = h("section.card", { hidden: true }, h("h2", {}, "Being planned"), jobs);
  let all = [];

  const upload = h("input", { type: "file", accept: ".toml,.xlsx", "aria-label": "Upload a case: .toml or .xlsx", onchange: act(async () => {
    const [file] = upload.files;
    upload.value = "";
    if (!file) return;
    const made = await ask("POST", `uploads/${encodeURIComponent(file.name)}`, await file.arrayBuffer(), { bytes: true });
    location.hash = `#/case/${made.name}`;
  }) });
  const make = (name, source) => act(async () => { location.hash = `#/case/${(await post("cases", { name, source })).name}`; });

  place.append(
    h("div.head", {}, h("div", {}, h("h1", {}, "Which markets, in what order, how fast and how?"), h("p.soft", {}, "Start from a case, plan it, and change the plan until you would sign it."))),
    h("div.two", {},
      h("section.card", {}, h("h2", {}, "Cases"), h("div.row", {},
        h("button.main", { type: "button", onclick: make("my-case", null) }, "New case"),
        h("label.button.file", {}, "Upload a case", upload)), cases),
      h("div", {}, waiting, h("section.card", {}, h("h2", {}, "Plans"), h("div.row", {}, search, beside, h("span.small.soft", {}, "Tick two to four to compare.")), runs))),
  );

  async function drawCases() {
    const found = await get("cases");
    cases.replaceChildren(...found.map((one) => h("li", {},
      h("div.grow", {}, one.bundled ? h("span", {}, one.title || one.name) : h("a", { href: `#/case/${one.name}` }, one.title || one.name),
        h("div.small.soft", {}, one.bundled ? `${one.name}, comes with the program` : `${one.name}, changed ${ago(Date.parse(one.changed) / 1000)}`)),
      one.bundled ? h("button", { type: "button", "aria-label": `Open a copy of ${one.name}`, onclick: make(one.name, one.name) }, "Open a copy") : null)));
  }

  async function drawJobs() {
    const open = (await get("jobs")).filter((job) => job.state !== "done" && job.state !== "withdrawn");
    waiting.hidden = open.length === 0;
    jobs.replaceChildren(...open.map((job) => h("li", {},
      h("div.grow", {}, h("a", { href: `#/job/${job.name}` }, job.name), h("div.small.soft", {}, `${job.by ? `${job.by}, ` : ""}${ago(job.made)}`)),
      h(colour(job.state), {}, words(job.state)))));
    return open.length;
  }

  function drawRuns() {
    const text = search.value.toLowerCase();
    const found = all.filter((run) => `${run.name} ${run.title} ${run.case_name}`.toLowerCase().includes(text));
    if (!found.length) { runs.replaceChildren(h("p.soft", {}, all.length ? "No plan has that in its name." : "No plans yet: open a case and plan it.")); return; }
    runs.replaceChildren(h("div.scroll", {}, h("table.plans", {},
      h("thead", {}, h("tr", {}, h("th", {}, h("span", { class: "soft small" }, "Compare")), h("th", {}, "Plan"), h("th.number", {}, "Expansion adds"), h("th.number", {}, "Markets"), h("th.number", {}, "Gap"), h("th", {}, "Made"))),
      h("tbody", {}, found.map((run) => h("tr", {},
        h("td", {}, h("input", { type: "checkbox", checked: chosen.has(run.name), "aria-label": `Compare ${run.name}`, onchange: (event) => {
          if (event.target.checked && chosen.size === 4) { event.target.checked = false; tell("Four plans are the most that fit side by side."); return; }
          chosen[event.target.checked ? "add" : "delete"](run.name);
          beside.disabled = chosen.size < 2;
        } })),
        h("td", {}, h("a", { href: `#/run/${run.name}` }, run.name), h("div.small.soft", {}, run.title, run.status === "partial" ? " (ended early)" : "")),
        h("td.number", {}, money(run.adds, run.currency)), h("td.number", {}, run.entries), h("td.number", {}, percent(run.gap)), h("td", {}, ago(run.made))))))));
  }

  await Promise.all([drawCases(), drawJobs(), get("runs").then((found) => { all = found; drawRuns(); })]);
  let busy = false, before = 0;
  const clock = setInterval(async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const open = await drawJobs();
      if (open !== before) { all = await get("runs"); drawRuns(); }
      before = open;
    } catch { /* told when something is asked for */ } finally { busy = false; }
  }, 3000);
  return () => clearInterval(clock);
}
