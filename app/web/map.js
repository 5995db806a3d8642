// The map: incidents at the points that stand for them, with the radius that these have; those without a point on
// their province, and in a list. Nothing is put at a made-up place.

import { address } from "./data.js";
import { choosing, followMarks, showChoice } from "./choice.js";
import { drawAtWidth, h, pause, s } from "./dom.js";
import { Base, inset, loadSquares, loadWorld, partsOf, provincesAt, shape } from "./map_base.js";
import { ask, byArea, clusters, provincesOf } from "./map_data.js";
import { Labels } from "./map_labels.js";
import { MapView } from "./map_view.js";
import { panel } from "./panel.js";
import { number, spokenDate, t } from "./texts.js";

const DEGREE = 111_195; // metres
const USUAL = 6, APART = 24, CELL = 44, AREAS_NAMED = 25, WAIT_MS = 150;

export function mount(element, view) {
  const [frame, beside, endpoint] = [".map-frame", ".beside", ".endpoint"].map((one) => element.querySelector(one));
  const marks = followMarks(view, frame);
  let drawing = null;
  view.on("choice", () => drawing?.followAddress());
  showChoice(view, element);
  panel(element, view, {
    ask: () => Promise.all([ask(view), loadWorld()]),
    draw: async ([answer], signal) => {
      const next = new Drawing(frame, view, marks, answer);
      await next.prepare();
      await pause();
      if (signal.aborted) return;
      drawing = next;
      endpoint.href = address("/v1/incidents.geojson", view.filters);
      await drawing.draw();
      beside.replaceChildren(...notes(answer, view));
      return answer.data.length > 0;
    },
  });
}

// The height of a map as a part of its width, which the style of the page says.
const tall = (frame) => Number(getComputedStyle(frame).getPropertyValue("--tall")) || 0.75;

// On another page a map is no higher than the frame that it stands in, with what stands above and below it.
const AROUND = 170, LEAST = 160;
const room = () => (document.body.matches(".embed") ? Math.max(innerHeight - AROUND, LEAST) : Infinity);

// Groups incidents by the point that stands for them.
function byLocation(incidents) {
  const places = new Map();
  for (const incident of incidents) {
    if (!incident.location) continue;
    const { id, name, longitude, latitude, radius_m } = incident.location;
    const point = `${longitude} ${latitude}`;
    const place = places.get(point) ?? { ids: new Set(), name, longitude, latitude, radius_m: 0, count: 0, incidents: [] };
    place.ids.add(id);
    place.radius_m = Math.max(place.radius_m, radius_m);
    place.incidents.push(incident);
    place.count += 1;
    places.set(point, place);
  }
  return [...places.values()];
}

// The part of the world to show: every circle with some room around it.
function extent(places, provinces, { bbox }) {
  const boxes = places.map(({ longitude, latitude, radius_m }) => {
    const dy = Math.min(radius_m / DEGREE, 60);
    const dx = Math.min(dy / Math.max(Math.cos((latitude * Math.PI) / 180), 0.1), 120);
    return [longitude - dx, latitude - dy, longitude + dx, latitude + dy];
  });
  if (bbox) boxes.push(bbox);
  for (const { longitude, latitude } of provinces) boxes.push([longitude - 0.5, latitude - 0.5, longitude + 0.5, latitude + 0.5]);
  if (!boxes.length) return { x: 20, y: 20, across: 300 };
  const [west, south, east, north] = [0, 1, 2, 3].map((i) => (i < 2 ? Math.min : Math.max)(...boxes.map((box) => box[i])));
  const across = Math.max((east - west) * 1.4, (north - south) * 1.9, USUAL);
  return { x: (west + east) / 2, y: (south + north) / 2, across: Math.min(across, 360) };
}

// What one answer looks like on a map. A new answer has a new drawing.
class Drawing {
  #map;
  #timer = 0;
  #frame = 0;
  #turn = 0;

  constructor(frame, view, marks, { data, meta, links, off }) {
    Object.assign(this, { frame, view, marks });
    this.places = byLocation(data);
    this.partial = Boolean(links.next);
    this.provinces = provincesOf(off);
    this.shapes = new Map();
    this.#map = new MapView(extent(this.places, this.provinces, meta.extent), () => this.#moved());
    if (this.partial) this.places = []; // until they are counted
  }

  // Brings all that is to be seen at first, so that the map is drawn once, and never shows a part as if it were all.
  // Until then what was shown before stays, at first the map as it was served.
  async prepare() {
    this.#readAddress();
    this.#fit(this.frame.clientWidth);
    const counted = this.#isCounted ? clusters(this.view, this.#map, CELL) : this.places;
    [this.places, this.shapes] = await Promise.all([counted, provincesAt(this.provinces), this.#map.width && loadSquares(this.#map.box)]);
  }

  draw() {
    this.base = new Base();
    const layer = () => s("g");
    [this.areas, this.dots, this.names, this.scale] = [layer(), layer(), layer(), layer()];
    for (const one of [this.names, this.scale]) one.setAttribute("aria-hidden", "true");
    this.scale.setAttribute("class", "scale");
    this.svg = s("svg", { role: "group", tabindex: "0", "aria-label": t("map.label", { places: t("count.places", { count: this.places.length }) }), "aria-describedby": "map-keys" },
      this.base.element, this.areas, this.names, this.dots, this.scale);
    this.#map.listen(this.svg);
    this.area = h("a", { class: "button" }, t("map.only_area"));
    this.corner = h("div", { class: "map-inset" });
    const button = (text, label, act) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    const parts = [h("div", { class: "map-buttons" },
      button("+", t("map.zoom_in"), () => this.#map.zoom(1 / 1.6)), button("−", t("map.zoom_out"), () => this.#map.zoom(1.6)),
      button("⌂", t("map.reset"), () => this.#map.reset()),
      button("←", t("map.west"), () => this.#map.pan(-this.#map.width / 6, 0)), button("→", t("map.east"), () => this.#map.pan(this.#map.width / 6, 0)),
      button("↑", t("map.north"), () => this.#map.pan(0, -this.#map.height / 6)), button("↓", t("map.south"), () => this.#map.pan(0, this.#map.height / 6))),
    h("div", { class: "map-sheet" }, this.svg, this.corner, h("div", { class: "map-area" }, this.area)), h("p", { class: "unseen", id: "map-keys" }, t("map.keys"))];
    return drawAtWidth(this.frame, (width) => this.#atWidth(width, parts));
  }

  *#atWidth(width, parts) {
    if (width !== this.#map.width) {
      this.#fit(width);
      this.#count();
    }
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.#map.height}`);
    yield* this.#placing();
    if (this.svg.isConnected) return;
    this.frame.replaceChildren(...parts);
    this.marks();
  }

  followAddress() {
    this.#readAddress();
    this.#place();
  }

  // The address keeps where the map is.
  #readAddress() {
    const [x, y, across] = (this.view.settings.get("map") ?? "").split(",").map(Number);
    if (across > 0 && across <= 360 && Math.abs(x) <= 180 && Math.abs(y) <= 85) this.#map.at({ x, y, across });
    else this.#map.at(this.#map.start);
  }

  #fit(width) {
    this.#map.resize(width, Math.min(Math.round(width * tall(this.frame)), room()));
  }

  // More incidents than one answer has are counted by the service, for each view of the map anew.
  get #isCounted() {
    return this.partial && this.#map.width > 0;
  }

  #moved() {
    this.#place();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { x, y, across, start } = this.#map;
      const same = [x - start.x, y - start.y, across - start.across].every((one) => Math.abs(one) < 1e-6);
      this.view.set("map", same ? null : [x.toFixed(3), y.toFixed(3), across.toFixed(3)].join(","));
      this.#count();
    }, WAIT_MS);
  }

  async #count() {
    if (!this.#isCounted) return;
    try {
      this.places = await clusters(this.view, this.#map, CELL);
      this.#place();
    } catch (error) {
      if (error.name !== "AbortError") console.error(error);
    }
  }

  // Once for all files that come before the next frame.
  #placeSoon() {
    this.#frame = this.#frame || requestAnimationFrame(() => { this.#frame = 0; this.#place(); });
  }

  #place() {
    for (const _ of this.#placing()); // all at once
  }

  // In steps, of which none goes on where another placing has begun.
  *#placing() {
    const map = this.#map, { width, height, box } = map, turn = ++this.#turn;
    if (!width) return; // not laid out yet
    this.base.show(box, map.transform, () => this.#placeSoon());
    yield;
    if (turn !== this.#turn) return;
    const labels = new Labels(width, height);
    labels.take(0, height - 30, 130, height);
    labels.take(width - 124, height - 40, width, height);
    const points = this.#merged();
    for (const { cx, cy, r } of points) labels.take(cx - r, cy - r, cx + r, cy + r);
    const focused = this.dots.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.dots.replaceChildren(...this.#circles(), ...points.map((one) => this.#dot(one, labels)));
    if (focused) [...this.dots.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused)?.focus();
    yield;
    if (turn !== this.#turn) return;
    this.areas.setAttribute("transform", map.transform);
    this.areas.replaceChildren(...[...this.shapes.values()].map((name) => shape({ class: "province" }, partsOf(name))));
    this.names.replaceChildren(...this.#areaNames(labels), ...this.#countries(labels), ...this.#towns(labels));
    this.#scaleBar();
    this.corner.replaceChildren(...(map.across < 120 ? [inset(box)] : []));
    this.area.hidden = box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90;
    this.area.href = this.view.url("bbox", [box.map((one) => one.toFixed(2)).join(",")]);
    this.marks();
  }

  // Points that would hide each other are one: how many, and what its words are.
  #merged() {
    const map = this.#map, found = [];
    for (const one of [...this.places].sort((a, b) => b.count - a.count)) {
      const [cx, cy] = [map.px(one.longitude), map.py(one.latitude)];
      if (cx < -40 || cy < -40 || cx > map.width + 40 || cy > map.height + 40) continue;
      const near = found.find((other) => Math.hypot(other.cx - cx, other.cy - cy) < APART);
      if (!near) found.push({ cx, cy, count: one.count, parts: [one] });
      else {
        near.count += one.count;
        near.parts.push(one);
      }
    }
    return found.map((one) => ({ ...one, r: one.count === 1 ? 6 : Math.min(9 + 2.2 * Math.log2(one.count), 24) }));
  }

  #circles() {
    const map = this.#map;
    return this.places.map(({ longitude, latitude, radius_m }) => {
      const r = (radius_m / DEGREE) * map.ky;
      return r > 9 && r < map.width * 2 && s("circle", { class: "radius", cx: map.px(longitude), cy: map.py(latitude), r });
    }).filter(Boolean);
  }

  #dot({ cx, cy, r, count, parts }, labels) {
    const incidents = parts.flatMap((part) => part.incidents), one = count === 1 && incidents[0];
    const places = parts.map(({ name }) => name).filter(Boolean).join(t("comma"));
    const words = [places, one ? one.title : t("count.incidents", { count })].filter(Boolean).join(": ");
    const href = one ? this.view.address([], `/incidents/${one.id}`) : this.#list(parts);
    const spot = places && parts.length < 3 && labels.beside(cx, cy, places, r + 5, "600 13px system-ui, sans-serif");
    const link = s("a", { href, "aria-label": words }, s("title", {}, words),
      s("circle", { class: "target", cx, cy, r: Math.max(r, 13) }), s("circle", { class: count === 1 ? "dot" : "dot cluster", cx, cy, r }),
      count > 1 && s("text", { class: "count", x: cx, y: cy + 4, "text-anchor": "middle" }, number(count)),
      spot && s("text", { class: "place", ...spot }, places));
    choosing(this.view, link, incidents.map(({ id }) => id));
    // Several points of one dot come apart when the map is zoomed to them.
    if (parts.length > 1 || !incidents.length) link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.#map.across < 0.1) return;
      event.preventDefault();
      this.#map.zoom(0.4, cx, cy);
    });
    return link;
  }

  #list(parts) {
    if (parts.every(({ ids }) => ids)) return this.view.url("place", parts.flatMap(({ ids }) => [...ids]));
    const sides = [Math.min, Math.min, Math.max, Math.max].map((of, i) => of(...parts.map(({ bbox }) => bbox[i])));
    return this.view.url("bbox", [sides.join(",")]);
  }

  #areaNames(labels) {
    if (this.#map.across > AREAS_NAMED) return [];
    return this.provinces.filter(({ id }) => this.shapes.has(id)).map((one) => {
      const words = t("map.in_province", { name: one.name, count: one.count });
      const spot = labels.within(this.#map.px(one.longitude), this.#map.py(one.latitude), words, "italic 12px system-ui, sans-serif", [0, 20, -20, 36, -36]);
      return spot && s("text", { class: "area", ...spot }, words);
    }).filter(Boolean);
  }

  #countries(labels) {
    return this.base.countries(this.#map.box).map(([name, x, y, area]) => {
      // As wide as it is written, and only where it is about as wide as its country.
      const fits = Math.sqrt(area) * this.#map.k * 1.3 > name.length * 11;
      const spot = fits && labels.within(this.#map.px(x), this.#map.py(y), name.toUpperCase(), "16px system-ui, sans-serif");
      return spot && s("text", { class: "country", lang: "en", ...spot }, name.toUpperCase());
    }).filter(Boolean);
  }

  #towns(labels) {
    const known = new Set(this.places.map(({ name }) => name));
    return this.base.towns(this.#map.box).slice(0, 40).flatMap(([name, x, y]) => {
      const [cx, cy] = [this.#map.px(x), this.#map.py(y)];
      const spot = !known.has(name) && labels.beside(cx, cy, name, 6);
      return spot ? [s("circle", { class: "town", cx, cy, r: 2 }), s("text", { class: "town", lang: "en", ...spot }, name)] : [];
    });
  }

  // A bar of a round length, at most a quarter of the width.
  #scaleBar() {
    const map = this.#map, perKilometre = map.ky / (DEGREE / 1000);
    const length = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1].find((one) => one * perKilometre < 110) ?? 1;
    this.scale.replaceChildren(s("path", { d: `M10 ${map.height - 14}v6h${length * perKilometre}v-6` }), s("text", { x: 14, y: map.height - 14 }, t("map.scale", { count: length })));
  }
}

function notes({ data, meta, links, off }, view) {
  const all = off.matched + located(meta, data, off);
  return [
    links.next ? h("p", { class: "quiet" }, t("map.clusters")) : "",
    off.matched ? h("details", { class: "off-map" },
      h("summary", {}, h("b", {}, all > off.matched ? t("map.no_point_of", { count: off.matched, matched: all }) : t("map.no_point", { count: off.matched }))),
      h("p", { class: "quiet" }, t("map.not_on_why")),
      byArea(off).map(({ area, incidents }) => [
        h("h3", {}, area ? h("a", { href: view.url("place", [area.id]) }, h("bdi", {}, area.name)) : t("map.no_area")),
        h("ul", {}, incidents.map((one) => h("li", {},
          choosing(view, h("a", { href: view.address([], `/incidents/${one.id}`) }, h("bdi", {}, one.title)), [one.id]), " ", h("span", { class: "quiet" }, spokenDate(one.date))))),
      ]),
      off.listed.length < off.matched ? h("p", { class: "quiet" }, t("map.first_listed", { count: off.listed.length })) : "") : "",
  ].filter(Boolean);
}

// How many of the view have a point; null where only some of it is known.
function located(meta, data, off) {
  if (meta.not_judged.location !== null) return meta.matched ?? 0;
  return (meta.matched ?? data.length) - off.matched;
}
