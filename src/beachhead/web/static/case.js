// A case: form and text, kept in step; what is wrong at its field; candidates; planning it.
import { act, ask, count, get, h, percent, post, tabs, tell, who, write } from "./base.js";
import { showCandidates } from "./candidates.js";

const PAUSE = 350; // ms after the last key until a text is read

export async function showCase(place, name) {
  const [levers, opened] = await Promise.all([get("levers"), get(`cases/${name}`)]);
  let { text, version } = opened;
  let saved = text, values = {}, faults = [], reading = Promise.resolve(), pending = null, gone = false;
  const fields = new Map();

  const title = h("h1", {}, name), about = h("p.soft", { role: "status" }, "Reading the case …"), clash = h("div");
  const others = h("div"), gutter = h("pre", { "aria-hidden": "true" });
  const area = h("textarea", { spellcheck: "false", "aria-label": "The case as text (TOML)", autocapitalize: "off", value: text, oninput: typed, onscroll: () => { gutter.scrollTop = area.scrollTop; } });
  const effort = h("select", { "aria-label": "How long to search" }, [["quick", "Quick look"], ["standard", "Standard"], ["thorough", "Thorough"]].map(([value, label]) => h("option", { value, selected: value === "standard" }, label)));
  const go = h("button.main", { type: "button", onclick: act(async () => {
    await settle();
    if (faults.length) { tell("Mend what is marked first."); return; }
    if (!(await save())) return;
    location.hash = `#/job/${(await post("plans", { case: name, effort: effort.value, by: who() })).name}`;
  }) }, "Plan it");
  const table = h("input", { type: "file", accept: ".csv,.xlsx", "aria-label": "Add a table of own figures: .csv or .xlsx", onchange: act(async () => {
    const [file] = table.files;
    table.value = "";
    if (!file) return;
    await ask("PUT", `cases/${name}/tables/${encodeURIComponent(file.name)}`, await file.arrayBuffer(), { bytes: true });
    tell(`${file.name} lies beside the case: name it under markets.table.`);
    read({});
  }) });

  const form = h("form", { onsubmit: (event) => event.preventDefault(), novalidate: true }, levers.map(drawGroup));
  const question = h("div.two", {}, h("section.card", {}, h("h2", {}, "Main levers"), form),
    h("section.card.beside", {}, h("div.head", {}, h("h2", {}, "The whole case as text"), h("label.button.file", {}, "Add a table", table)), others, h("div.text", {}, gutter, area),
      h("p.small.soft", {}, "Form and text are one: what you change in either stands in both, and your comments stay.")));
  const markets = showCandidates({ list: () => post(`cases/${name}/candidates`, { text }), demand: (market, how) => read({ demand: { market, how } }) });
  const parts = tabs("Case", [["question", "Question", (panel) => { if (!panel.firstChild) panel.append(question); }],
    ["markets", "Markets", (panel) => { if (!panel.firstChild) panel.append(markets.element); settle().then(() => markets.refresh(text)); }]]);
  place.append(h("div.head", {}, h("div", {}, title, about), h("div.row", {}, effort, go)), clash, ...parts.elements);

  function drawGroup(group) { return h("fieldset", {}, h("legend", {}, group.title), group.fields.map(drawField)); }

  function drawField(field) {
    const id = `field-${field.key.replace(".", "-")}`, hint = `${id}-hint`, wrong = h("p.fault", { id: `${id}-fault`, hidden: true });
    const described = { id, "aria-describedby": `${hint} ${id}-fault`, onchange: () => change(field) };
    let input, boxes = null;
    if (field.choices.length && field.many) {
      boxes = field.choices.map((choice) => h("input", { type: "checkbox", value: choice, onchange: () => change(field) }));
      input = h("div.choices", { id, role: "group", "aria-label": field.label }, boxes.map((box) => h("label", {}, box, ` ${box.value.replaceAll("_", " ")}`)));
    } else if (field.choices.length) input = h("select", described, field.choices.map((choice) => h("option", { value: choice }, choice)));
    else if (["number", "integer"].includes(field.kind) && !field.many) input = h("input", { type: "number", step: "any", placeholder: show(field.default) || (field.required ? "" : "no limit"), ...described });
    else input = h("input", { type: field.kind === "date" ? "date" : "text", placeholder: field.many ? show(field.default) || "none" : "", ...described });
    const size = h("span.small.soft");
    fields.set(field.key, { field, input, boxes, wrong, size });
    return h("div.field", {}, boxes ? h("span", {}, field.label) : h("label", { for: id }, field.label), h("div.with", {}, input, h("span.small.soft", { "data-unit": field.unit }), size), wrong,
      h("p.said", { id: hint }, field.meaning ? `${field.meaning[0].toUpperCase()}${field.meaning.slice(1)}. ` : "", h("code", {}, field.key)));
  }

  function show(value) {
    if (value === null || value === undefined) return "";
    return Array.isArray(value) ? value.map((part) => (typeof part === "object" ? "…" : part)).join(", ") : String(value);
  }

  /** What a field says, as it shall stand in the text; null takes the key out. */
  function take({ field, input, boxes }) {
    if (boxes) return boxes.filter((box) => box.checked).map((box) => box.value);
    const said = input.value.trim();
    if (field.many) {
      const parts = said.split(",").map((part) => part.trim()).filter(Boolean);
      return field.kind === "number" ? parts.map((part) => (Number.isNaN(Number(part)) ? part : Number(part))) : parts;
    }
    if (said === "") return field.required ? (field.kind === "text" || field.kind === "date" ? "" : null) : null;
    return ["number", "integer"].includes(field.kind) ? Number(said) : said;
  }

  function change(field) { read({ changes: [{ key: field.key, value: take(fields.get(field.key)) }] }); }

  function typed() {
    clearTimeout(pending);
    drawLines();
    pending = setTimeout(() => { pending = null; read({}); }, PAUSE);
  }

  /** One after the other, each on the text as it then stands. */
  function read(what) {
    reading = reading.then(async () => {
      const sent = area.value;
      const found = await post(`cases/${name}/draft`, { text: sent, ...what });
      if (gone) return;
      if (area.value !== sent) { // typed on in the meantime: what was asked for is asked of the new text
        if (what.changes || what.demand) read(what);
        return;
      }
      text = found.text;
      if (area.value !== text) { const { scrollTop } = area; area.value = text; area.scrollTop = scrollTop; }
      ({ values, faults } = found);
      draw(found.about);
      await save();
    }).catch((fault) => tell(fault.message, 9));
    return reading;
  }

  async function settle() {
    if (pending) { clearTimeout(pending); pending = null; read({}); }
    let last;
    do { last = reading; await last; } while (last !== reading);
  }

  function draw(found) {
    const currency = values.currency || "USD";
    title.textContent = values.title || name;
    document.title = `${values.title || name} – beachhead`;
    about.replaceChildren(faults.length ? h("span.bad", {}, `${faults.length} ${faults.length === 1 ? "thing is" : "things are"} wrong with the case.`)
      : found ? `${found.candidates} candidates beside ${found.home}, ${found.first} to ${found.last}. Saved as ${name}.` : "");
    for (const [key, one] of fields) {
      const { field, input, boxes, wrong, size } = one, value = values[key];
      const mine = faults.filter((fault) => fault.key === key || (fault.key ?? "").startsWith(`${key}[`));
      const shown = value === undefined ? (boxes ? field.default ?? [] : field.choices.length ? field.default : "") : value;
      const steps = Array.isArray(shown) && shown.some((part) => typeof part === "object");
      if (boxes) for (const box of boxes) box.checked = shown.includes(box.value);
      else if (document.activeElement !== input || mine.length === 0) {
        if (steps) { input.type = "text"; input.value = "in steps, see the text"; } else if (input.type === "text" && field.kind === "integer") input.type = "number";
        if (!steps) input.value = show(shown);
        input.disabled = steps;
      }
      input.setAttribute("aria-invalid", mine.length ? "true" : "false");
      wrong.hidden = !mine.length;
      wrong.textContent = mine.map((fault) => `${fault.what}. ${fault.fix}`).join(" ");
      size.textContent = typeof value !== "number" ? "" : field.unit.startsWith("fraction") ? `= ${percent(value)}` : Math.abs(value) >= 1e5 ? `= ${count(value)}` : "";
      const unit = input.parentElement.querySelector("[data-unit]");
      unit.textContent = field.unit.startsWith("fraction") ? field.unit.slice(9) : key === "dollars" ? `USD for one ${currency}` : field.unit.replace("currency", currency);
    }
    const rest = faults.filter((fault) => ![...fields.keys()].some((key) => fault.key === key || (fault.key ?? "").startsWith(`${key}[`)));
    others.replaceChildren(...(rest.length ? [h("div.banner", {}, h("ul.list", {}, rest.map((fault) => h("li", {}, h("span.grow", {}, write(fault)), fault.line ? h("button.plain", { type: "button", onclick: () => jump(fault.line) }, `To line ${fault.line}`) : null))))] : []));
    drawLines();
  }

  function drawLines() {
    const wrong = new Set(faults.map((fault) => fault.line));
    const lines = area.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: lines }, (_, k) => [wrong.has(k + 1) ? h("span.bad", {}, `▸${k + 1}`) : `${k + 1}`, "\n"]).flat());
    gutter.scrollTop = area.scrollTop;
  }

  function jump(line) {
    const lines = area.value.split("\n"), at = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(at, at + lines[line - 1].length);
    area.scrollTop = (line - 6) * area.scrollHeight / lines.length;
  }

  /** Whatever is read is kept, also with faults, unless somebody else has changed the case. */
  async function save() {
    if (text === saved) return true;
    const sent = text;
    try {
      ({ version } = await ask("PUT", `cases/${name}`, { text: sent, was: version }));
      saved = sent;
      clash.replaceChildren();
      return true;
    } catch (fault) {
      if (fault.status !== 409) { tell(fault.message, 9); return false; }
      const copy = act(async () => {
        const made = await ask("POST", `uploads/${name}.toml`, new TextEncoder().encode(text), { bytes: true });
        location.hash = `#/case/${made.name}`;
      });
      const theirs = act(async () => {
        const now = await get(`cases/${name}`);
        ({ text, version } = now);
        saved = area.value = text;
        clash.replaceChildren();
        await read({});
      });
      clash.replaceChildren(h("div.banner", { role: "alert" }, h("p", {}, "Somebody else has changed this case since you opened it. Yours is not saved yet."),
        h("div.row", {}, h("button", { type: "button", onclick: theirs }, "Take theirs"), h("button", { type: "button", onclick: copy }, "Keep mine as a new case"))));
      return false;
    }
  }

  drawLines();
  await read({});
  return async () => { await settle(); gone = true; };
}
