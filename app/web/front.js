// The front page: reads the view from the address, asks the API, draws. Everything works without it as plain HTML.

import { get, Problem } from "./api.js";
import { figures, incidentCard, quoteCard } from "./cards.js";
import { address, showData, without } from "./data.js";
import { at, h, many } from "./dom.js";
import { drawMap } from "./map.js";
import { drawTimeline } from "./timeline.js";

const PAGE = 500;
const PAGING = ["limit", "cursor", "sort", "count"];
const SHOWN = "title,summary,kind,granularity,date,location,totals,contested";
const AREA = ["bbox", "near", "radius_km", "location_match"];
const form = at("filters");
const fields = [...form.elements].filter((field) => field.name && field.type !== "hidden");
const title = document.title.split(" – ").at(-1);
let running = null;

// The view's filters are the API's own, under the same names. Empty ones are left out, and so is what changes shapes.
function query() {
  const found = without(location.search, ["fields", "include"]);
  return new URLSearchParams([...found].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
}

function fillForm() {
  const found = query();
  for (const field of fields) field.value = found.get(field.name) ?? "";
  for (const hidden of form.querySelectorAll("input[type=hidden]")) hidden.remove();
  const others = [...found].filter(([name, value]) => name !== "cursor" && form.elements[name]?.value !== value);
  at("others").hidden = !others.length;
  at("others").replaceChildren("Also: ", ...others.flatMap(([name, value]) => [h("code", {}, `${name}=${value}`), " "]));
  const view = fields.filter((field) => field.value).map((field) => field.selectedOptions?.[0].label ?? field.value);
  document.title = [view.join(", "), title].filter(Boolean).join(" – ");
}

// What the form says now; a field that was not touched keeps all of its values.
function chosen() {
  const found = query();
  for (const field of fields) {
    const value = field.value.trim();
    if (value === (found.get(field.name) ?? "")) continue;
    found.delete(field.name);
    if (value) found.set(field.name, value);
  }
  found.delete("cursor");
  return found;
}

function go(next) {
  if (`${next}` === `${query()}`) return;
  history.pushState(null, "", address("/", next));
  restore();
}

function restore() {
  fillForm();
  show();
}

async function show() {
  running?.abort();
  const { signal } = (running = new AbortController());
  const asked = query();
  showData(asked);
  wait(true);
  try {
    await draw(await ask(asked, signal), asked, signal);
  } catch (error) {
    if (signal.aborted) return;
    fail(error);
  }
  if (!signal.aborted) wait(false);
}

// Everything that a view shows, asked for at once; then the incidents that an area filter could not judge.
async function ask(asked, signal) {
  const filters = without(asked, PAGING), list = new URLSearchParams(asked);
  if (!list.has("limit")) list.set("limit", PAGE);
  list.set("include", "quotes");
  list.set("fields", SHOWN);
  const sums = new URLSearchParams(filters), claims = new URLSearchParams(filters);
  sums.set("group_by", "claimed_by");
  claims.set("limit", PAGE);
  const urls = { incidents: address("/v1/incidents", list), sums: address("/v1/casualties/summary", sums), claims: address("/v1/casualties", claims) };
  if (!filters.size) urls.quotes = `/v1/quotes?limit=${PAGE}`; // also those that are about no incident
  const [page, summed, told, said] = await Promise.all(Object.values(urls).map((url) => get(url, signal)));
  let left = page.data.filter((incident) => !incident.location);
  if (page.meta.not_judged.location) {
    const aside = without(filters, [...AREA, "has_location"]);
    aside.set("has_location", "false");
    aside.set("limit", PAGE);
    aside.set("fields", "title,date");
    left = (await get(address("/v1/incidents", aside), signal)).data;
  }
  return { page, summed, told, quotes: said?.data ?? page.included.quotes, left, urls };
}

async function draw({ page, summed, told, quotes, left, urls }, asked, signal) {
  const { data, meta, links } = page;
  at("status").textContent = counted(data.length, meta.matched, Boolean(links.next));
  at("empty").hidden = data.length > 0;
  reveal("list-section", data.length, address("/v1/incidents", asked));
  at("list").replaceChildren(...data.map(incidentCard));
  at("more-line").hidden = !links.next;
  if (links.next) at("more").href = links.next.replace("/v1/incidents", "/").replace(/&(include|fields)=[^&]*/g, "");
  reveal("figures-section", summed.data.totals.length, urls.sums);
  const titles = new Map(data.map((incident) => [incident.id, incident.title]));
  at("figures").replaceChildren(...figures(summed.data, told.data, titles, Object.keys(data[0]?.totals ?? {})));
  reveal("quotes-section", quotes.length, urls.quotes ?? urls.incidents);
  at("quotes-endpoint").textContent = `GET ${urls.quotes ? "/v1/quotes" : "/v1/incidents?include=quotes"}`;
  at("quotes").replaceChildren(...quotes.map(quoteCard));
  at("sights").hidden = !data.length && !left.length;
  at("map-endpoint").href = address("/v1/incidents.geojson", without(asked, PAGING));
  at("timeline-endpoint").href = address("/v1/incidents", new URLSearchParams([...without(asked, PAGING), ["sort", "date"]]));
  drawTimeline(at("timeline"), at("off-timeline"), data, meta.not_judged.date);
  await drawMap(at("map"), at("off-map"), data, {
    signal,
    left,
    aside: meta.not_judged.location || left.length,
    placeUrl: (ids) => narrowed("place", ids),
    areaUrl: (box) => narrowed("bbox", [box]),
  });
}

function counted(shown, matched, more) {
  if (!shown) return "Nothing in the reporting matches.";
  if (matched === null) return more ? `The first ${many(shown, "incident")}; there are more.` : many(shown, "incident");
  return `${shown} of ${many(matched, "incident")}${more ? "; narrow the view, or take all of them as data" : ""}`;
}

// The address of this view with one filter set to other values.
function narrowed(name, values) {
  const found = without(query(), [name, "cursor"]);
  for (const value of values) found.append(name, value);
  return address("/", found);
}

// Shows a section if there is something in it, with the address of the endpoint that it comes from.
function reveal(section, something, url) {
  at(section).hidden = !something;
  at(section.replace("-section", "-endpoint")).href = url;
}

function wait(waiting) {
  at("main").setAttribute("aria-busy", waiting);
  if (!waiting) return;
  at("status").textContent = "Loading…";
  at("problem").hidden = true;
}

function fail(error) {
  at("status").textContent = "Nothing to show.";
  at("problem").hidden = false;
  at("problem-text").textContent = error instanceof Problem ? error.message : "The page failed to draw this view.";
  at("retry").hidden = error instanceof Problem && error.lasting;
  for (const id of ["empty", "figures-section", "sights", "quotes-section", "list-section"]) at(id).hidden = true;
  if (!(error instanceof Problem)) console.error(error);
}

form.addEventListener("submit", (event) => { event.preventDefault(); go(chosen()); });
form.addEventListener("change", () => go(chosen()));
at("retry").addEventListener("click", show);
addEventListener("popstate", restore);
at("sights").hidden = at("list-section").hidden;
restore();
