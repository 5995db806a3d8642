// Suggestions while typing: records from the search, and values of filters that begin with the same letters.
// A combobox with a list box (ARIA): arrows move, Enter follows, Escape closes. Without it the form searches.

import { get, Problem } from "./api.js";
import { at, h } from "./dom.js";
import { t } from "./texts.js";

const WAIT_MS = 150, RECORDS = 7, VALUES = 3;
const LISTS = { article: "articles", casualty: "casualties", document: "documents", incident: "incidents", organization: "organizations", person: "people", place: "places", quote: "quotes", statement: "statements" };
const input = at("everything"), form = at("search");
const box = h("ul", { id: "suggestions", role: "listbox", "aria-label": t("search.list"), hidden: true });
const told = h("span", { class: "unseen", role: "status" });
let timer = null, asked = null, active = -1;

for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": box.id, "aria-expanded": "false" })) input.setAttribute(name, value);
form.append(box, told);

// The address of a page in the language that this one was asked for in.
function page(path) {
  const lang = new URLSearchParams(location.search).get("lang");
  return lang ? `${path}${path.includes("?") ? "&" : "?"}lang=${lang}` : path;
}

const query = (values) => new URLSearchParams(values);

// The last word is perhaps not yet typed to its end.
const begun = (q) => (/[\p{L}\p{N}]$/u.test(q) ? `${q}*` : q);

async function suggest() {
  const q = input.value.trim();
  asked?.abort();
  if (!q) return close();
  asked = new AbortController();
  const { signal } = asked;
  try {
    const [found, values] = await Promise.all([
      get(`/v1/search?${query({ q: begun(q), limit: RECORDS })}`, signal),
      get(`/v1/facets?${query({ of: "incidents", facet: "place,actor,kind", facet_prefix: q, facet_limit: VALUES })}`, signal),
    ]);
    // Only of whole words it is known what they may stand for.
    const whole = found.data.length ? found : await get(`/v1/search?${query({ q, limit: RECORDS })}`, signal);
    if (!signal.aborted) show(q, whole, values.data);
  } catch (error) {
    if (!signal.aborted) close();
    if (!signal.aborted && !(error instanceof Problem)) throw error;
  }
}

function show(q, found, facets) {
  const values = Object.entries(facets).flatMap(([name, { buckets }]) => buckets.filter(({ value }) => value)
    .map(({ value, label, count }) => option(page(`/?${query({ [name]: value })}`), label, t("search.incidents", { incidents: t("count.incidents", { count }) }))));
  const records = found.data.map((one) => option(page(`/${LISTS[one.type]}/${one.id}`), one.label, t(`type.${one.type}`)));
  const meant = (found.meta.did_you_mean ?? []).map(({ value }) => option(page(`/search?${query({ q: value })}`), t("search.meant", { q: value })));
  const all = option(page(`/search?${query({ q })}`), t("search.all", { q }));
  box.replaceChildren(...meant, ...records, ...values.slice(0, VALUES), all);
  [...box.children].forEach((one, number) => { one.id = `suggestion-${number}`; });
  told.textContent = t("search.suggestions", { count: box.children.length });
  active = -1;
  box.hidden = false;
  input.setAttribute("aria-expanded", "true");
  input.removeAttribute("aria-activedescendant");
}

function option(href, label, what) {
  const follow = () => location.assign(href);
  return h("li", { role: "option", "aria-selected": "false", "data-href": href, onmousedown: (event) => event.preventDefault(), onclick: follow },
    h("bdi", {}, label), what && h("span", { class: "quiet" }, " ", what));
}

function close() {
  box.hidden = true;
  active = -1;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function move(step) {
  const options = [...box.children];
  if (box.hidden || !options.length) return;
  options[active]?.setAttribute("aria-selected", "false");
  active = (active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length;
  options[active].setAttribute("aria-selected", "true");
  options[active].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", options[active].id);
}

input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, WAIT_MS); });
input.addEventListener("blur", close);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
  else if (event.key === "Escape") close();
  else if (event.key === "Enter" && active >= 0 && !box.hidden) { event.preventDefault(); location.assign(box.children[active].dataset.href); }
});
