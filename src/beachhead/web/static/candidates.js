// The markets that may be entered: searched, sorted, filtered, demanded or kept out.
import { act, count, h, percent } from "./base.js";

const COLUMNS = [["rank", "Rank", "number"], ["name", "Market", ""], ["region", "Region", ""], ["score", "Score", "number"],
  ["people", "People", "number"], ["coverage", "Known", "number"]];

export function showCandidates({ list, demand }) {
  let rows = [], text = null, by = "rank", down = false;
  const search = h("input", { type: "search", placeholder: "Search markets", "aria-label": "Search markets", oninput: draw });
  const region = h("select", { "aria-label": "Region", onchange: draw });
  const only = h("select", { "aria-label": "Show", onchange: draw }, [["", "All"], ["must", "Must enter"], ["never", "Never enter"], ["free", "Free to choose"]].map(([value, label]) => h("option", { value }, label)));
  const said = h("p.small.soft", { role: "status" }), body = h("tbody");
  const heads = COLUMNS.map(([key, label, kind]) => h(kind ? `th.${kind}` : "th", { "aria-sort": "none" }, h("button", { type: "button", onclick: () => { down = by === key ? !down : ["score", "people", "coverage"].includes(key); by = key; draw(); } }, label)));
  const element = h("section.card", {}, h("div.row", {}, search, region, only), said,
    h("div.tall", { tabindex: "0", role: "region", "aria-label": "Candidates" }, h("table", {}, h("thead", {}, h("tr", {}, heads, h("th", {}, "The plan"))), body)));

  async function refresh(now) {
    if (text === now) return;
    text = now;
    element.classList.add("busy");
    try { rows = await list(); } finally { element.classList.remove("busy"); }
    const regions = [...new Set(rows.map((row) => row.region))].sort();
    const kept = region.value;
    region.replaceChildren(h("option", { value: "" }, "All regions"), ...regions.map((name) => h("option", { value: name, selected: name === kept }, name)));
    draw();
  }

  function draw() {
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => (!wanted || row.name.toLowerCase().includes(wanted) || row.iso3.toLowerCase() === wanted) && (!region.value || row.region === region.value) && (!only.value || row.demand === only.value));
    const order = (row) => (row[by] === null ? Infinity : row[by]);
    found.sort((a, b) => {
      const [x, y] = [order(a), order(b)];
      if (x === y) return a.name.localeCompare(b.name);
      if (x === Infinity || y === Infinity) return x === Infinity ? 1 : -1;
      return (x < y ? -1 : 1) * (down ? -1 : 1);
    });
    heads.forEach((head, k) => head.setAttribute("aria-sort", COLUMNS[k][0] !== by ? "none" : down ? "descending" : "ascending"));
    const held = (how) => rows.filter((row) => row.demand === how).length;
    said.textContent = rows.length ? `${found.length} of ${rows.length} markets; ${held("must")} must be entered, ${held("never")} must not. Ranks are those of the screening; the plan is free to differ.`
      : "No candidates to show while something is wrong with the case.";
    body.replaceChildren(...found.map(drawRow));
  }

  function drawRow(row) {
    const set = (how) => h("button", { type: "button", "aria-pressed": row.demand === how ? "true" : "false", "aria-label": `${how === "must" ? "Must enter" : "Never enter"} ${row.name}`, "data-market": row.iso3, "data-how": how, onclick: act(async () => {
      row.demand = row.demand === how ? "free" : how;
      draw();
      body.querySelector(`[data-market="${row.iso3}"][data-how="${how}"]`)?.focus();
      await demand(row.iso3, row.demand);
    }) }, how === "must" ? "Must" : "Never");
    return h(`tr.${row.demand}`, {}, h("td.number", {}, row.rank ?? "–"), h("td", {}, h("span.name", {}, row.name), " ", h("span.small.soft", {}, row.iso3)), h("td", {}, row.region),
      h("td.number", {}, row.score === null ? "–" : row.score.toFixed(2)), h("td.number", {}, count(row.people)), h("td.number", {}, percent(row.coverage)), h("td", {}, h("div.row", {}, set("must"), set("never"))));
  }

  return { element, refresh };
}
