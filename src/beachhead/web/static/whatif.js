// A plan to be changed: entries moved, dropped, added or made otherwise, and what that would be worth.
import { act, count, h, money, percent, post, signed, way } from "./base.js";
import { draw } from "./chart.js";

const PAUSE = 120; // ms after the last change until it is weighed
const LIMITS = { teams: "launch teams", dates: "dates that the case allows", demands: "markets that must be entered", not_together: "markets not to be entered together", after: "one market only after another",
  max_markets: "most new markets", launches_per_year: "most launches in a year", gates: "a pilot that decides first", ruin: "risk of too little cash" };

export async function showWhatIf(place, run) {
  const { case: asked, plan, names } = run, quarters = asked.quarters, last = quarters.length - 1;
  const planned = plan.schedule.map((entry) => ({ iso3: entry.iso3, quarter: quarters.indexOf(entry.enter), mode: entry.mode, localisation: entry.localisation }));
  const before = new Map(planned.map((entry) => [entry.iso3, entry]));
  let entries = planned.map((entry) => ({ ...entry })), past = [], ready = false, base = null, over = false, pending = null, asking = 0, shown = null;

  const order = (entry) => planned.findIndex((other) => other.iso3 === entry.iso3);
  const at = (quarter) => `${(100 * (quarter + 0.5)) / quarters.length}%`;

  const rows = h("div"), said = h("div", { role: "status", "aria-live": "polite" }), charts = h("div.charts");
  const undo = h("button", { type: "button", disabled: true, onclick: () => { entries = past.pop(); redraw(); weigh(); } }, "Undo");
  const reset = h("button", { type: "button", disabled: true, onclick: () => { change(() => planned.map((entry) => ({ ...entry }))); redraw(); } }, "Back to the plan");
  const add = h("select", { "aria-label": "Add a market", onchange: () => {
    const iso3 = add.value;
    if (!iso3) return;
    const usual = entries.at(-1) ?? { mode: asked.modes[0], localisation: asked.localisation[0] };
    change((all) => [...all, { iso3, quarter: Math.min(last, 4), mode: usual.mode, localisation: usual.localisation }]);
    redraw();
    rows.querySelector(`[data-pin="${iso3}"]`)?.focus();
  } });
  const save = h("button", { type: "button", onclick: download }, "Save as schedule.csv");
  const go = h("button", { type: "button", disabled: true, title: "A new case with your changes fixed, to plan all other entries anew", onclick: act(async () => {
    const mine = entries.filter((entry) => JSON.stringify(entry) !== JSON.stringify(before.get(entry.iso3)));
    const never = planned.map((entry) => entry.iso3).filter((iso3) => !entries.some((entry) => entry.iso3 === iso3));
    location.hash = `#/case/${(await post(`runs/${run.name}/case`, { entries: mine, never })).name}`;
  }) }, "Plan the rest anew");
  const years = h("div.years", { "aria-hidden": "true" });
  const result = h("aside.card", { "aria-label": "What the changed plan is worth" }, h("h2", {}, "What if"), said);
  place.append(h("div.desk", {},
    h("section.card", {}, h("div.head", {}, h("div", {}, h("h2", {}, "When each market is entered"), h("p.small.soft", {}, "Drag an entry to another quarter, or select it and press ← and →; Delete drops it. Dots show the plan.")), h("div.row", {}, add, undo, reset, go, save)), years, rows),
    result, charts));
  redraw();
  tellValue(null);

  function change(make) {
    past.push(entries);
    entries = make(entries.map((entry) => ({ ...entry })));
    undo.disabled = false;
    weigh();
  }

  function redraw() {
    const free = run.candidates.filter((iso3) => !entries.some((entry) => entry.iso3 === iso3)).sort((a, b) => names[a].localeCompare(names[b]));
    add.replaceChildren(h("option", { value: "" }, "Add a market"), ...free.map((iso3) => h("option", { value: iso3 }, names[iso3])));
    const gone = planned.filter((entry) => !entries.some((other) => other.iso3 === entry.iso3));
    rows.replaceChildren(...entries.map(drawEntry), ...gone.map((entry) => h("div.entry", {}, h("span.soft", {}, h("s", {}, names[entry.iso3])), h("span.small.soft", {}, `was entered ${quarters[entry.quarter]}`),
      h("button", { type: "button", "aria-label": `Enter ${names[entry.iso3]} again`, onclick: () => { change((all) => [...all, { ...entry }].sort((a, b) => order(a) - order(b))); redraw(); } }, "Put back"))));
    const starts = quarters.map((label, k) => [label, k]).filter(([label, k]) => label.endsWith("Q1") || k === 0);
    const track = rows.querySelector(".track");
    if (starts.length > 1 && starts[1][1] < 3) starts.shift();
    years.replaceChildren(...starts.filter((_, n) => n % (quarters.length > 24 ? 2 : 1) === 0).map(([label, k]) => { const mark = h("span", {}, label.slice(0, 4)); mark.dataset.at = k; return mark; }));
    requestAnimationFrame(() => {
      const line = track?.getBoundingClientRect(), own = years.getBoundingClientRect();
      for (const mark of years.children) mark.style.left = line ? `${line.left - own.left + Number(mark.dataset.at) / quarters.length * line.width}px` : "0";
    });
    changed();
  }

  function changed() {
    go.disabled = reset.disabled = JSON.stringify(entries) === JSON.stringify(planned);
    undo.disabled = past.length === 0;
  }

  function drawEntry(entry) {
    const was = before.get(entry.iso3), fixed = asked.fixed.includes(entry.iso3);
    const pin = h(fixed ? "button.pin.fixed" : "button.pin", { type: "button", role: "slider", "aria-label": `Entry into ${names[entry.iso3]}`, "aria-valuemin": 0, "aria-valuemax": last, "data-pin": entry.iso3, onkeydown: keys, onpointerdown: grab });
    const track = h("div.track", {}, was ? h("span.was") : null, pin);
    const row = h("div.entry", {}, h("span.name", {}, names[entry.iso3]), track,
      h("div.row", {}, h("select", { "aria-label": `Way of entering ${names[entry.iso3]}`, onchange: (event) => { alter({ mode: event.target.value }); } }, asked.modes.map((mode) => h("option", { value: mode, selected: mode === entry.mode }, way(mode)))),
        asked.localisation.length > 1 ? h("select", { "aria-label": `Localisation in ${names[entry.iso3]}`, onchange: (event) => { alter({ localisation: Number(event.target.value) }); } }, asked.localisation.map((level) => h("option", { value: level, selected: level === entry.localisation }, level === 0 ? "as at home" : `localised ${percent(level)}`))) : null,
        h("button", { type: "button", "aria-label": `Drop ${names[entry.iso3]}`, onclick: drop }, "Drop")));
    for (let k = Math.max(0, quarters.findIndex((label) => label.endsWith("Q1"))); k < quarters.length; k += 4) {
      const year = h("span.year");
      year.style.left = `${(100 * k) / quarters.length}%`;
      track.append(year);
    }
    if (was) track.querySelector(".was").style.left = at(was.quarter);
    set(entry.quarter);

    function set(quarter) {
      entry.quarter = quarter;
      pin.style.left = at(quarter);
      pin.textContent = `Q${quarters[quarter].slice(-1)}`;
      pin.title = quarters[quarter];
      pin.setAttribute("aria-valuenow", quarter);
      pin.setAttribute("aria-valuetext", quarters[quarter]);
      row.classList.toggle("changed", !was || was.quarter !== quarter || was.mode !== entry.mode || was.localisation !== entry.localisation);
    }

    function alter(what) {
      change((all) => all.map((other) => (other.iso3 === entry.iso3 ? { ...other, ...what } : other)));
      entry = entries.find((other) => other.iso3 === entry.iso3);
      set(entry.quarter);
      changed();
    }

    function drop() {
      change((all) => all.filter((other) => other.iso3 !== entry.iso3));
      redraw();
      add.focus();
    }

    function keys(event) {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4, Home: -999, End: 999 }[event.key];
      if (event.key === "Delete") { event.preventDefault(); drop(); return; }
      if (!step) return;
      event.preventDefault();
      const quarter = Math.max(0, Math.min(last, entry.quarter + step));
      if (quarter !== entry.quarter) alter({ quarter });
    }

    function grab(event) {
      pin.setPointerCapture(event.pointerId);
      pin.classList.add("dragged");
      const line = track.getBoundingClientRect(), begun = entry.quarter;
      const move = (moved) => {
        const quarter = Math.max(0, Math.min(last, Math.floor(((moved.clientX - line.left) / line.width) * quarters.length)));
        if (quarter !== entry.quarter) set(quarter);
      };
      const drop = () => {
        pin.removeEventListener("pointermove", move);
        pin.classList.remove("dragged");
        const quarter = entry.quarter;
        entry.quarter = begun; // what is undone is where it stood
        if (quarter !== begun) alter({ quarter });
      };
      pin.addEventListener("pointermove", move);
      pin.addEventListener("pointerup", drop, { once: true });
      pin.addEventListener("pointercancel", drop, { once: true });
    }

    return row;
  }

  function weigh() {
    changed();
    if (!ready) return;
    clearTimeout(pending);
    const mine = (asking += 1);
    said.classList.add("busy");
    pending = setTimeout(async () => {
      const begun = performance.now();
      try {
        const found = await post(`runs/${run.name}/whatif`, { entries });
        if (over || mine !== asking) return;
        tellValue(found, performance.now() - begun);
      } catch (fault) { if (mine === asking) said.replaceChildren(h("p.bad", {}, fault.message)); } finally { if (mine === asking) said.classList.remove("busy"); }
    }, PAUSE);
  }

  function tellValue(found, took) {
    if (!found) { said.replaceChildren(h("p", {}, "Getting the simulation ready, which takes half a minute or so. You can change the plan meanwhile."), h("progress", { "aria-label": "Getting ready" })); return; }
    shown = found;
    const currency = asked.currency, same = Math.abs(found.gains) < 1e-9 * Math.abs(found.mean) + 1e-12;
    const line = (label, value, kind = "dd") => [h("dt", {}, label), h(kind, {}, value)];
    const sure = Math.abs(found.gains) > found.error;
    said.replaceChildren(...[
      h("dl.figures", {},
        line("Value, on average", money(found.mean, currency), "dd.big"),
        line("beside the plan", same ? "the same" : h("span", { class: sure ? (found.gains < 0 ? "bad" : "good") : "" }, `${signed(found.gains)} ±\u00a0${count(found.error)}`)),
        line("Worst futures, on average", money(found.cvar, currency)),
        line("Weighed for risk", money(found.objective, currency)),
        line(`Too little cash (${percent(found.accepted)} accepted)`, h("span", { class: found.broken.some((limit) => limit.key === "ruin") ? "bad" : "" }, percent(found.ruin)))),
      found.targets.length ? [h("h3", {}, "Targets"), h("dl.figures", {}, found.targets.map((target) => line(target.words, percent(target.chance))))] : null,
      h("h3", {}, "Limits"),
      found.broken.length ? h("ul", { class: "bad" }, found.broken.map((limit) => h("li", {}, tellLimit(limit)))) : h("p.good", {}, "All are kept."),
      h("p.small.soft", {}, `From ${run.worlds.toLocaleString()} futures, the same as the plan's${took ? `, in ${(took / 1000).toFixed(1)} s` : ""}.`)].flat().filter(Boolean));
    const firsts = quarters.map((label, k) => (label.endsWith("Q1") ? k : -1)).filter((k) => k >= 0);
    const years = quarters.map((label, k) => (firsts.indexOf(k) >= 0 && firsts.indexOf(k) % (firsts.length > 6 ? 2 : 1) === 0 ? label.slice(0, 4) : ""));
    charts.replaceChildren(
      h("section.card", {}, h("h2", {}, "Cash"), draw(years, [...(base && !same ? [{ values: base.cash[1], kind: "ghost" }] : []), { values: quarters.map(() => asked.cash_floor), kind: "limit" }, { values: found.cash[1], kind: "line" }], { width: 330, band: [found.cash[0], found.cash[2]], every: 1, words: `Cash by quarter, middle and nine futures of ten, ${currency}` }),
        h("p.small.soft", {}, `${currency}: the middle of the futures, nine of ten in the band; grey the plan, red the floor.`)),
      h("section.card", {}, h("h2", {}, "Launch teams"), draw(years, [{ values: found.teams, kind: "limit" }, { values: found.teams_used, kind: "line" }], { width: 330, height: 120, every: 1, words: "Launch teams at work and there are", write: (v) => v.toFixed(1) }), h("p.small.soft", {}, "At work; red: how many there are.")));
  }

  function tellLimit(limit) {
    if (limit.key === "teams") {
      const short = quarters.filter((_, k) => shown.teams_used[k] > shown.teams[k] + 1e-6);
      return `launch teams: too few in ${short.length > 3 ? `${short.length} quarters from ${short[0]} on` : short.join(", ")}`;
    }
    if (limit.key.startsWith("targets")) return "a target that is demanded is not likely enough";
    return LIMITS[limit.key] ?? limit.key;
  }

  function download() {
    const cells = entries.toSorted((a, b) => a.quarter - b.quarter).map((entry) => [entry.iso3, `"${names[entry.iso3].replaceAll('"', '""')}"`, quarters[entry.quarter], entry.mode, entry.localisation].join(","));
    const file = URL.createObjectURL(new Blob([`${["iso3,name,enter,mode,localisation", ...cells].join("\n")}\n`], { type: "text/csv" }));
    const link = h("a", { href: file, download: "schedule.csv" });
    link.click();
    URL.revokeObjectURL(file);
  }

  async function prepare() {
    while (!over) {
      const { state, found } = await post(`runs/${run.name}/ready`);
      if (state === "ready") {
        ready = true;
        base = found;
        if (!over) { if (JSON.stringify(entries) === JSON.stringify(planned)) tellValue(base); else weigh(); }
        return;
      }
      await new Promise((done) => setTimeout(done, 1000));
    }
  }

  prepare().catch((fault) => { if (!over) said.replaceChildren(h("p.bad", {}, fault.message), h("button", { type: "button", onclick: act(prepare) }, "Try again")); });
  addEventListener("resize", redraw);
  return () => { over = true; removeEventListener("resize", redraw); };
}
