// A page with panels: gives each the view, and changes the view as the form says. Everything works without it as HTML.

import { address, showData, without } from "./data.js";
import { Problem } from "./api.js";
import { at, pause } from "./dom.js";
import * as map from "./map.js";
import * as served from "./panel.js";
import { t } from "./texts.js";
import * as timeline from "./timeline.js";
import { View } from "./view.js";

const PANELS = { map, timeline, served };
const view = new View();

served.wait(1);
for (const element of document.querySelectorAll("[data-panel]")) {
  await pause();
  PANELS[element.dataset.panel].mount(element, view);
}
await pause();
if (at("filters")) followForm(at("filters"));
if (at("list-section")) markCards(at("list-section"));
served.wait(-1);

// A card that is pointed at marks its incident everywhere, and the other way round.
function markCards(list) {
  const card = (target) => target.closest?.(".incident")?.id ?? null;
  for (const event of ["pointerover", "focusin"]) list.addEventListener(event, ({ target }) => view.mark(card(target)));
  list.addEventListener("pointerleave", () => view.mark(null));
  const show = () => {
    for (const one of list.querySelectorAll(".incident")) {
      one.classList.toggle("marked", one.id === view.marked);
      one.classList.toggle("chosen", one.id === view.chosen);
    }
  };
  view.on("mark", show);
  view.on("choice", show);
  list.addEventListener("drawn", show);
  show();
}

function followForm(form) {
  const fields = [...form.elements].filter((field) => field.name && field.type !== "hidden");
  const title = document.querySelector("h1").textContent;

  function fill() {
    const found = view.query;
    for (const field of fields) field.value = found.get(field.name) ?? "";
    for (const hidden of form.querySelectorAll("input[type=hidden]")) hidden.remove();
    const others = [...found].filter(([name, value]) => name !== "cursor" && form.elements[name]?.value !== value);
    at("others").hidden = !others.length;
    at("others").replaceChildren(t("others"), ...others.map(([name, value]) => removable(name, value)));
    const named = fields.filter((field) => field.value).map((field) => field.selectedOptions?.[0].label ?? field.value);
    document.title = [named.join(t("comma")), title].filter(Boolean).join(" – ");
    at("problem").hidden = true;
    showData(found);
  }

  // Each list offers what else it could be, with all other filters as they are.
  async function offer() {
    const menus = fields.filter((field) => field.options);
    const names = menus.map(({ name }) => name).join(",");
    const { data } = await view.get(address("/v1/facets", new URLSearchParams([["of", "incidents"], ["facet", names], ["facet_except", names], ...view.filters])));
    for (const menu of menus) {
      const [any, ...others] = menu.options, held = others.find(({ value }) => value === menu.value);
      const found = data[menu.name].buckets.filter(({ value }) => value && value !== held?.value).map(({ value, label }) => new Option(label, value));
      menu.replaceChildren(...[any, held, ...found].filter(Boolean));
    }
  }

  function removable(name, value) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "removable";
    button.append(Object.assign(document.createElement("code"), { textContent: `${name}=${value}` }), " ×");
    button.addEventListener("click", () => view.go(new URLSearchParams([...view.query].filter(([key, one]) => key !== name || one !== value))));
    return button;
  }

  // What the form says now; a field that was not touched keeps all of its values.
  function chosen() {
    const found = view.query;
    for (const field of fields) {
      const value = field.value.trim();
      if (value === (found.get(field.name) ?? "")) continue;
      found.delete(field.name);
      if (value) found.set(field.name, value);
    }
    return without(found, ["cursor"]);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); view.go(chosen()); });
  form.addEventListener("change", () => view.go(chosen()));
  view.on("filters", () => { fill(); offer().catch((error) => { if (error.name !== "AbortError" && !(error instanceof Problem)) throw error; }); });
  // What is wrong with the view itself is wrong for all panels.
  addEventListener("problem", ({ detail }) => {
    if (!detail.lasting) return;
    at("problem").hidden = false;
    at("problem-text").textContent = detail.words;
  });
  at("list-section").addEventListener("drawn", ({ target }) => { at("status").textContent = target.dataset.status; });
  fill();
}
