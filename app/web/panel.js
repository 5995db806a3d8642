// The states of a panel: loading, slow, ready, empty, failed, out of date. One that fails leaves the others as they are.
// What is wrong with the address itself is said above all panels, and none of them is shown.

import { getHtml, isStale, Problem } from "./api.js";
import { at, h } from "./dom.js";
import { t } from "./texts.js";

const SLOW_MS = 4000;
let busy = 0;

// The page is busy while more has begun (1) than has ended (-1).
export function wait(change) {
  busy += change;
  at("main").setAttribute("aria-busy", busy > 0);
}

// Asks, draws, and does so again for other filters. `draw` takes the answer and what says that it is no longer wanted, and
// returns false where there is nothing to be seen. With `waits`, the element is already drawn as the page was served.
export function panel(element, view, { ask, draw, waits = false }) {
  async function run() {
    const { signal } = view;
    const timer = setTimeout(() => tell(element, "slow"), SLOW_MS);
    tell(element, "loading");
    wait(1);
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      const something = await draw(answer, signal);
      if (!signal.aborted) tell(element, isStale(answer) ? "stale" : something === false ? "empty" : "ready");
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      clearTimeout(timer);
      wait(-1);
    }
  }

  function fail(error) {
    const known = error instanceof Problem;
    if (!known) console.error(error);
    const retry = h("button", { type: "button", onclick: run }, t("panel.retry"));
    const words = known ? error.message : t("problem.drawing");
    const wrong = known && error.lasting;
    if (wrong && at("problem")) tell(element, "wrong", h("p", {}, words));
    else tell(element, "failed", h("p", {}, t("panel.failed"), " ", words), !wrong && h("p", {}, retry));
    element.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: { words, lasting: wrong } }));
  }

  view.on("filters", run);
  if (!waits && element.dataset.state !== "wrong") run();
  return run;
}

// Shows a state of a panel: its words, unless there are others, stand above what it shows.
function tell(element, state, ...words) {
  element.dataset.state = state;
  element.setAttribute("aria-busy", state === "loading" || state === "slow");
  const told = element.querySelector(":scope > .panel-state") ?? element.querySelector(":scope > .panel-body").insertAdjacentElement("beforebegin", h("div", { class: "panel-state" }));
  told.setAttribute("role", state === "failed" ? "alert" : "status");
  if (state === "ready") told.replaceChildren();
  else told.replaceChildren(...(words.length ? words.filter(Boolean) : [h("p", {}, t(`panel.${state}`))]));
}

// A panel that the service draws: it is there as the page was served, and is fetched for other filters.
export function mount(element, view) {
  const run = panel(element, view, {
    ask: (signal) => getHtml(view.address(view.query, element.dataset.source), signal),
    draw: (fetched) => {
      const served = fetched.getElementById(element.id);
      for (const part of [".panel-body", ".endpoint"]) {
        const [old, found] = [element, served].map((one) => one.querySelector(part));
        if (old && found) old.replaceWith(document.adoptNode(found));
      }
      Object.assign(element.dataset, { ...served.dataset });
      element.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
      return served.dataset.state !== "empty";
    },
    waits: element.dataset.state !== "failed",
  });
  element.querySelector(".retry")?.addEventListener("click", run);
}
