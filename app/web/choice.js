// The incident that is chosen has a card of its own, in the first panel that lets choose one.

import { h } from "./dom.js";
import { bounds, spokenDate, t } from "./texts.js";

const DRAWN = "title,summary,date,location,places,totals";
let card = null;

export function showChoice(view, element) {
  if (card) return;
  card = h("aside", { class: "choice", "aria-label": t("choice.name"), tabindex: "-1", hidden: true });
  element.querySelector(".beside").before(card);
  addEventListener("keydown", (event) => { if (event.key === "Escape" && !card.hidden) view.choose(null); });
  view.on("choice", () => draw(view));
  draw(view);
}

async function draw(view) {
  const id = view.chosen;
  card.hidden = !id;
  if (!id) return;
  const close = h("button", { type: "button", class: "close", "aria-label": t("choice.close"), onclick: () => view.choose(null) }, "×");
  try {
    const { data } = await view.get(`/v1/incidents/${encodeURIComponent(id)}?fields=${DRAWN}`);
    if (id !== view.chosen) return;
    const where = data.location?.name ?? data.places.map(({ name }) => name).join(t("comma"));
    const figures = Object.entries(data.totals).filter(([, total]) => total && (total.low || total.high)).map(([outcome, total]) => h("li", {}, h("b", {}, bounds(total)), ` ${outcome.replaceAll("_", " ")}`));
    card.replaceChildren(close,
      h("p", { class: "quiet" }, [spokenDate(data.date), where].filter(Boolean).join(" · ")),
      h("h3", {}, h("bdi", {}, data.title)), h("p", {}, h("bdi", {}, data.summary ?? "")),
      figures.length ? h("ul", { class: "sums" }, figures) : "",
      h("p", {}, h("a", { class: "button", href: view.address([], `/incidents/${id}`) }, t("choice.open"))));
    card.scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (error.name !== "AbortError" && id === view.chosen) card.replaceChildren(close, h("p", {}, error.message));
  }
}

// A link that chooses an incident, unless it is to open elsewhere; pointed at, it marks it.
export function choosing(view, element, ids) {
  element.addEventListener("click", (event) => {
    if (ids.length !== 1 || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    view.choose(ids[0]);
  });
  for (const [event, marked] of [["pointerenter", ids[0]], ["focus", ids[0]], ["pointerleave", null], ["blur", null]]) {
    element.addEventListener(event, () => view.mark(marked));
  }
  element.incidents = ids;
  return element;
}

// Shows what is pointed at and what is chosen, wherever it is drawn in an element.
export function followMarks(view, element) {
  function show() {
    for (const one of element.querySelectorAll("a")) {
      if (!one.incidents) continue;
      one.classList.toggle("marked", one.incidents.includes(view.marked));
      one.classList.toggle("chosen", one.incidents.includes(view.chosen));
    }
  }
  view.on("mark", show);
  view.on("choice", show);
  return show;
}
