// The page: an address behind # for each view.
import { h, tell } from "./base.js";
import { showCase } from "./case.js";
import { showCompare } from "./compare.js";
import { showJob } from "./job.js";
import { showRun } from "./run.js";
import { showStart } from "./start.js";

const VIEWS = { "": showStart, case: showCase, job: showJob, run: showRun, compare: showCompare };
const main = document.getElementById("main");
let leave = null;
let turn = 0;

/** A view draws into a place and may return what is to be done when it is left. */
async function route() {
  const [kind, name, part] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = VIEWS[kind] ?? showStart;
  const mine = (turn += 1);
  await leave?.();
  leave = null;
  const place = h("div");
  main.replaceChildren(place);
  try {
    const done = await view(place, name, part);
    if (mine === turn) leave = done ?? null;
    else await done?.();
  } catch (fault) {
    place.replaceChildren(h("div.banner", {}, h("p", {}, fault.message), h("p", {}, h("a", { href: "#/" }, "Back to cases and plans"))));
  }
  if (mine === turn && kind) main.focus({ preventScroll: true });
}

const name = document.getElementById("who");
name.value = localStorage.getItem("who") ?? "";
name.addEventListener("change", () => { localStorage.setItem("who", name.value); tell("Your plans will bear your name."); });
addEventListener("hashchange", route);
route();
