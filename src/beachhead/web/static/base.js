// What every view uses: elements without markup from strings, requests, numbers in words.

/** An element. Text is set as text, so that nothing in it is ever markup. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  return fill(element, attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (["value", "checked", "disabled", "hidden", "selected"].includes(key) && !(element instanceof SVGElement)) element[key] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export class Fault extends Error {
  constructor(status, problems) {
    super(problems.map(write).join(" "));
    this.status = status;
    this.problems = problems;
  }
}

export function write(problem) {
  const head = problem.where ? `${problem.where}: ${problem.what}` : problem.what;
  return problem.fix ? `${head}. ${problem.fix}` : `${head}.`;
}

/** JSON from the server; a Fault with its problems where it refuses. */
export async function ask(method, path, content, { bytes = false } = {}) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, {
      method,
      body: content === undefined ? undefined : bytes ? content : JSON.stringify(content),
      headers: content === undefined || bytes ? {} : { "content-type": "application/json" },
    });
  } catch {
    throw new Fault(0, [{ what: "The server does not answer", where: "", fix: "Start it again; nothing that was saved is lost." }]);
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Fault(answer.status, found.problems ?? [{ what: `The server said ${answer.status}`, where: "", fix: "" }]);
  return found;
}

export const get = (path) => ask("GET", path);
export const post = (path, content) => ask("POST", path, content);

let hush;
/** A line at the foot of the page, for a while. */
export function tell(words, seconds = 5) {
  const place = document.getElementById("told");
  place.textContent = words;
  clearTimeout(hush);
  hush = setTimeout(() => { place.textContent = ""; }, seconds * 1000);
}

/** Runs what a button asks for, and tells what is wrong with it. */
export function act(work) {
  return async (event) => {
    const button = event?.currentTarget;
    if (button?.tagName === "BUTTON") button.disabled = true;
    try { await work(event); } catch (fault) { tell(fault.message, 9); } finally { if (button?.tagName === "BUTTON") button.disabled = false; }
  };
}

const UNITS = [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"]];

/** 12.3 m: three digits and a unit, as in the report. */
export function count(number) {
  if (number === null || number === undefined) return "–";
  const size = Math.abs(number);
  const [unit, word] = UNITS.find(([u]) => size >= 0.9995 * u) ?? [1, ""];
  const scaled = size / unit;
  const digits = scaled >= 99.95 || scaled === 0 ? 0 : scaled >= 9.995 ? 1 : 2;
  const text = scaled.toFixed(digits);
  return `${number < 0 && Number(text) ? "−" : ""}${text}${word ? `\u00a0${word}` : ""}`;
}

export const money = (amount, currency) => (amount === null || amount === undefined ? "–" : `${currency}\u00a0${count(amount)}`);
export const signed = (amount) => (amount >= 0 ? `+${count(amount)}` : count(amount));
export const percent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(Math.abs(share) >= 0.0995 || share === 0 ? 0 : 1)}\u00a0%`);
export const way = (mode) => mode.replaceAll("_", " ");
export const ago = (seconds) => {
  const minutes = (Date.now() / 1000 - seconds) / 60;
  if (minutes < 1) return "just now";
  if (minutes < 90) return `${Math.round(minutes)} min ago`;
  return minutes < 36 * 60 ? `${Math.round(minutes / 60)} h ago` : new Date(seconds * 1000).toLocaleDateString();
};

/** Tabs: [key, title, draw]; what is drawn is kept. */
export function tabs(label, parts, begin) {
  const panels = {}, heads = {};
  const open = (key) => {
    for (const [other] of parts) {
      heads[other].setAttribute("aria-selected", other === key);
      heads[other].tabIndex = other === key ? 0 : -1;
      panels[other].hidden = other !== key;
    }
    const draw = parts.find(([other]) => other === key)[2];
    draw(panels[key]);
  };
  const turn = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const keys = parts.map(([key]) => key);
    const next = keys[(keys.findIndex((key) => heads[key] === event.target) + step + keys.length) % keys.length];
    open(next);
    heads[next].focus();
  };
  const bar = h("div.tabs", { role: "tablist", "aria-label": label, onkeydown: turn });
  const all = [bar];
  for (const [key, title] of parts) {
    panels[key] = h("div", { role: "tabpanel", id: `panel-${key}`, "aria-labelledby": `tab-${key}`, hidden: true });
    heads[key] = h("button", { role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}`, type: "button", onclick: () => open(key) }, title);
    bar.append(heads[key]);
    all.push(panels[key]);
  }
  open(begin ?? parts[0][0]);
  return { elements: all, open };
}

export const who = () => document.getElementById("who").value.trim();
