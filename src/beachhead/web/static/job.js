// A job: how far it is, live, and what can be done with it.
import { act, ago, count, get, h, percent, post, write } from "./base.js";
import { draw } from "./chart.js";
import { colour, words } from "./start.js";

const OPEN = ["waiting", "running", "ending"];

export async function showJob(place, name) {
  document.title = `${name} – beachhead`;
  const head = h("div.head"), body = h("div.job");
  place.append(head, body);
  let over = false, timer = null;

  async function look() {
    const job = await get(`jobs/${name}`);
    if (over) return;
    show(job);
    if (OPEN.includes(job.state)) timer = setTimeout(() => look().catch(lost), 1000);
    else if (job.state === "done") {
      const first = job.kind === "track" ? `#/run/${job.run}/track` : `#/run/${job.run}`;
      if (location.hash === `#/job/${name}`) history.replaceState(null, "", first), dispatchEvent(new HashChangeEvent("hashchange"));
    }
  }

  function lost(fault) {
    if (over) return;
    body.prepend(h("div.banner", {}, fault.message, " The job goes on by itself."));
    timer = setTimeout(() => look().catch(lost), 3000);
  }

  function show(job) {
    const button = (label, path, kind = "button") => h(kind, { type: "button", onclick: act(async () => { show(await post(`jobs/${name}/${path}`)); if (path === "again") look(); }) }, label);
    const actions = [];
    if (job.state === "waiting") actions.push(button("Withdraw", "stop"));
    if (job.state === "running") actions.push(job.kind === "plan" ? button("Stop and keep the best so far", "stop") : null);
    if (["running", "ending"].includes(job.state)) actions.push(button("End without an answer", "kill"));
    if (["died", "failed", "withdrawn"].includes(job.state)) actions.push(button("Start again", "again", "button.main"));
    head.replaceChildren(h("div", {}, h("h1", {}, job.kind === "track" ? `Looking at ${job.run}` : `Planning ${job.case}`),
      h("p.soft", {}, h(colour(job.state), {}, words(job.state)), ` ${job.name}${job.by ? `, asked for by ${job.by}` : ""}, ${ago(job.made)}`)), h("div.row", {}, actions));
    const last = job.steps.at(-1);
    const searched = job.steps.filter((step) => step.best !== undefined);
    const found = searched.at(-1);
    const parts = [];
    if (job.state === "waiting") parts.push(h("div.banner.calm", {}, `Number ${job.place} in the queue: it starts by itself.`));
    if (job.state === "ending") parts.push(h("div.banner.calm", {}, "Ending the search: the best plan so far is valued and written, which takes a moment. While the case is still being prepared it ends right after that."));
    if (job.state === "died") parts.push(h("div.banner", {}, "The process has died: nothing of it is left, but what was asked for is. It can be started again."));
    if (job.state === "withdrawn") parts.push(h("div.banner.calm", {}, "Withdrawn before it began."));
    if (job.problems.length) parts.push(h("div.banner", {}, job.problems.map((problem) => h("p", {}, write(problem))), job.state === "failed" ? h("p", {}, h("a", { href: `#/case/${job.case}` }, "Back to the case")) : null));
    if (OPEN.includes(job.state) && job.state !== "waiting") {
      parts.push(h("section.card", {}, h("h2", {}, last ? stage(last.words) : job.kind === "track" ? "Following the futures that are like what happened" : "Preparing: packing the case and compiling the model"),
        h("progress", last ? { value: last.done / Math.max(last.total, 1), max: 1, "aria-label": "How far this step is" } : { "aria-label": "How far this step is" }),
        h("p.small.soft", {}, last ? `${last.done.toLocaleString()} of ${last.total.toLocaleString()}` : "Half a minute or so, longer for hundreds of markets.")));
    }
    if (found) {
      const adds = found.best - found.stay_home, gap = adds > 0 ? (found.bound - found.best) / adds : null;
      const tile = (value, label) => h("div.tile", {}, h("b", {}, value), h("span", {}, label));
      parts.push(h("div.tiles", {}, tile(count(found.best), "best so far, value weighed for risk"), tile(count(found.bound), "no schedule can be worth more"), tile(percent(gap), "gap, of what expansion adds")));
      const shown = searched.length > 1 ? searched : [found, found];
      parts.push(h("section.card", {}, h("h2", {}, "Best so far against what is possible"), draw(shown.map((step) => step.done.toLocaleString()), [
        { values: shown.map((step) => step.bound), kind: "limit" }, { values: shown.map((step) => step.best), kind: "line" }], { words: "Best value found by schedules looked at; the dashed line is the bound" }),
        h("p.small.soft", {}, "Across: schedules looked at. Dashed: the bound.")));
    }
    body.replaceChildren(...parts);
  }

  const stage = (said) => ({ searching: "Searching", "without each entry": "Asking why: the plan without each entry", "other dates and ways": "Asking why: other dates and ways" })[said] ?? said;

  await look();
  return () => { over = true; clearTimeout(timer); };
}
