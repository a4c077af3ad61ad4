// Plans side by side: figures, what was asked differently, entry by entry, and what that is worth.
import { act, count, get, h, money, percent, post, signed, way } from "./base.js";

export async function showCompare(place, list) {
  const names = (list ?? "").split(",").filter(Boolean);
  const found = await get(`compare?${names.map((name) => `run=${encodeURIComponent(name)}`).join("&")}`);
  document.title = "Side by side – beachhead";
  const { runs } = found;
  const heads = (first) => h("thead", {}, h("tr", {}, h("th", {}, first), runs.map((run) => h("th", {}, h("a", { href: `#/run/${run.name}` }, run.name)))));
  const line = (label, write) => h("tr", {}, h("th", { scope: "row" }, label), runs.map((run) => h("td", {}, write(run))));
  const adds = (one, currency) => (one.adds === null || one.adds === undefined ? "" : `, ${one.adds < 0 ? "costs" : "adds"} ${money(Math.abs(one.adds), currency)}`);

  /** The other plans in the futures of the first: what is left is what the cases differ by. */
  async function swap(said) {
    const [first, ...others] = runs;
    said.replaceChildren(h("p", {}, `Getting the futures of ${first.name} ready …`), h("progress", { "aria-label": "Getting ready" }));
    while ((await post(`runs/${first.name}/ready`)).state !== "ready") await new Promise((done) => setTimeout(done, 1000));
    const lines = [];
    for (const [k, other] of others.entries()) {
      const entries = found.markets.map((row) => row.entries[k + 1]).filter(Boolean).map((entry) => ({ iso3: entry.iso3, quarter: found.quarters.indexOf(entry.enter), mode: entry.mode, localisation: entry.localisation }));
      try {
        if (entries.some((entry) => entry.quarter < 0)) throw new Error(`${other.name} begins or ends at another time.`);
        const worth = await post(`runs/${first.name}/whatif`, { entries });
        lines.push(`${other.name}: ${first.currency} ${signed(worth.gains)} ±\u00a0${count(worth.error)} beside ${first.name}'s own plan, risk of too little cash ${percent(worth.ruin)}${worth.broken.length ? `; it breaks limits of this case: ${worth.broken.map((limit) => limit.key.replaceAll("_", " ")).join(", ")}` : ""}.`);
      } catch (fault) { lines.push(`${other.name} cannot be carried out in this case. ${fault.message}`); }
    }
    said.replaceChildren(h("ul", {}, lines.map((words) => h("li", {}, words))));
  }

  const said = h("div", { role: "status" });

  const explain = (reason) => {
    const run = runs.find((one) => one.name === reason.run), first = runs.find((one) => one.name === reason.beside);
    const part = (title, all, write) => (all.length ? h("div", {}, h("h3", {}, title), h("ul", {}, all.map((one) => h("li", {}, write(one))))) : null);
    return h("section.card", {}, h("h2", {}, `${reason.run} beside ${reason.beside}`),
      h("p.soft", {}, `${reason.unchanged === 1 ? "One entry is" : `${reason.unchanged || "No"} entries are`} the same in both. What an entry adds is what its own plan would lose without it.`),
      part(`Only in ${reason.run}`, reason.added, (one) => `${one.name}${adds(one, run.currency)}`),
      part(`Only in ${reason.beside}`, reason.dropped, (one) => `${one.name}${adds(one, first.currency)}`),
      part("At another time", reason.moved, (one) => `${one.name}: ${one.before} became ${one.after}, ${Math.abs(one.quarters)} ${Math.abs(one.quarters) === 1 ? "quarter" : "quarters"} ${one.quarters < 0 ? "sooner" : "later"}${adds(one, run.currency)}`),
      part("In another way", reason.otherwise, (one) => `${one.name}: ${one.before} became ${one.after}${adds(one, run.currency)}`));
  };

  place.append(
    h("div.head", {}, h("div", {}, h("h1", {}, "Side by side"), h("p.soft", {}, runs.map((run) => run.name).join(", ")))),
    h("section.card", {}, h("h2", {}, "What each brings"), h("div.scroll", {}, h("table", {}, heads(""), h("tbody", {},
      line("Case", (run) => run.case),
      line("Expansion adds", (run) => `${money(run.value.adds, run.currency)} ±\u00a0${count(run.value.adds_error)}`),
      line("Value, on average", (run) => money(run.value.mean, run.currency)),
      line("Worst futures, on average", (run) => money(run.value.cvar, run.currency)),
      line("Nine futures of ten", (run) => `${money(run.value.p05, run.currency)} to ${count(run.value.p95)}`),
      line("Markets", (run) => String(run.entries)),
      line("Gap", (run) => percent(run.gap)),
      line("Limits that bind", (run) => run.limits.map((limit) => limit.words).join("; ") || "none"),
      line("Search", (run) => `${run.effort}, seed ${run.seed}${run.status === "partial" ? ", ended early" : ""}`))))),
    h("section.card", {}, h("h2", {}, "What was asked differently"), found.case.length
      ? h("div.scroll", {}, h("table", {}, heads("Key of the case"), h("tbody", {}, found.case.map((row) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, row.key)), row.values.map((value) => h("td", {}, value)))))))
      : h("p", {}, "Nothing: it is the same case. What differs comes from the search, its seed or its effort.")),
    h("section.card", {}, h("h2", {}, `The same futures for all`), h("p.soft", {}, `What each plan would bring in the futures of ${runs[0].name}: a difference that stays is one of the plans, the rest is one of the cases.`),
      h("button", { type: "button", onclick: act(() => swap(said)) }, "Value the others there"), said),
    ...found.reasons.map(explain),
    h("section.card", {}, h("h2", {}, "Entry by entry"), h("div.scroll", {}, h("table", {}, heads("Market"), h("tbody", {}, found.markets.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name),
      row.entries.map((entry) => h("td", {}, entry ? `${entry.enter}, ${way(entry.mode)}${entry.localisation ? `, localised ${percent(entry.localisation)}` : ""}` : h("span.soft", {}, "not entered"))))))))));
}
