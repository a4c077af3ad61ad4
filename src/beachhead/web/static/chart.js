// Charts as SVG, small enough to be drawn anew at every change.
import { count, s } from "./base.js";

const LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 20;

/**
 * Lines over labels. `lines`: {values, kind} with kind "line", "ghost" or "limit"; `band`: [low, high].
 */
export function draw(labels, lines, { band = null, width: W = 560, height = 180, words = "", write = count, every = null } = {}) {
  const all = [...lines.flatMap((line) => line.values), ...(band ? band.flat() : [])].filter(Number.isFinite);
  let low = Math.min(...all), high = Math.max(...all);
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high === low) high = low + Math.max(1, Math.abs(low));
  const x = (k) => LEFT + (labels.length < 2 ? 0.5 : k / (labels.length - 1)) * (W - LEFT - RIGHT);
  const y = (v) => TOP + (1 - (v - low) / (high - low)) * (height - TOP - BOTTOM);
  const path = (values) => values.map((v, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const chart = s("svg", { class: "chart", viewBox: `0 0 ${W} ${height}`, role: "img", "aria-label": words });
  for (let k = 0; k <= 3; k += 1) {
    const value = low + (k / 3) * (high - low);
    chart.append(s("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }));
    chart.append(s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, write(value)));
  }
  const step = every ?? Math.max(1, Math.ceil(labels.length / 6));
  labels.forEach((label, k) => {
    if (k % step === 0) chart.append(s("text", { x: x(k), y: height - 4, "text-anchor": k ? "middle" : "start" }, label));
  });
  if (band) chart.append(s("path", { class: "area", d: `${path(band[1])}${band[0].map((v, k) => [x(k), y(v)]).reverse().map(([a, b]) => `L${a.toFixed(1)} ${b.toFixed(1)}`).join("")}Z` }));
  for (const line of lines) chart.append(s("path", { class: line.kind === "line" ? "line" : line.kind === "ghost" ? "line ghost" : "limit", d: path(line.values) }));
  return chart;
}
