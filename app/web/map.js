// The map: own outlines, points with the radius that they stand for, nothing at a made-up place.

import { get } from "./api.js";
import { drawAtWidth, h, many, s, spokenDate } from "./dom.js";

const DEGREE = 111_195; // metres
const WIDEST = 360, NARROWEST = 0.2, USUAL = 6;
let outlines = null, context = null;

// Groups incidents by the point that stands for them, so that one dot never hides another.
function byLocation(incidents) {
  const places = new Map();
  for (const incident of incidents) {
    if (!incident.location) continue;
    const { id, name, longitude, latitude, radius_m } = incident.location;
    const point = `${longitude} ${latitude}`;
    const place = places.get(point) ?? { ids: new Set(), name, longitude, latitude, radius_m: 0, incidents: [] };
    place.ids.add(id);
    place.radius_m = Math.max(place.radius_m, radius_m);
    place.incidents.push(incident);
    places.set(point, place);
  }
  return [...places.values()];
}

// The part of the world to show: every circle with some room around it.
function extent(places) {
  if (!places.length) return { x: 44, y: 33.5, width: 16 };
  const boxes = places.map(({ longitude, latitude, radius_m }) => {
    const dy = Math.min(radius_m / DEGREE, 60);
    const dx = Math.min(dy / Math.max(Math.cos((latitude * Math.PI) / 180), 0.1), 120);
    return [longitude - dx, latitude - dy, longitude + dx, latitude + dy];
  });
  const [west, south, east, north] = [0, 1, 2, 3].map((i) => (i < 2 ? Math.min : Math.max)(...boxes.map((box) => box[i])));
  const width = Math.max((east - west) * 1.5, (north - south) * 2, USUAL);
  return { x: (west + east) / 2, y: (south + north) / 2, width: Math.min(width, WIDEST) };
}

// Where a name fits beside its point without running over another: right, left, below, above, or nowhere.
function spot(taken, x, y, name, gap) {
  const long = name.length * 7.4;
  const spots = [[x + gap, y + 4, "start", x + gap], [x - gap, y + 4, "end", x - gap - long], [x, y + gap + 12, "middle", x - long / 2], [x, y - gap - 4, "middle", x - long / 2]];
  for (const [left, base, anchor, from] of spots) {
    const box = [from - 2, base - 12, from + long + 2, base + 4];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    return { x: left, y: base, "text-anchor": anchor };
  }
  return null;
}

// `placeUrl` makes the address of the view of some places, `areaUrl` of a box; `left` are the incidents without a
// point, of which there are `aside`.
export async function drawMap(frame, beside, incidents, { signal, left, aside, placeUrl, areaUrl }) {
  const places = byLocation(incidents);
  [outlines, context] = await Promise.all([
    outlines ?? get("/static/world.json"),
    context ?? get("/v1/places?has_location=true&kind=country&kind=city&fields=name,kind,latitude,longitude&limit=500").then(({ data }) => data),
  ]);
  if (signal.aborted) return; // another view has been asked for meanwhile
  let view = extent(places), width = 0, height = 0;
  const world = s("g", {}, s("path", { class: "land", d: outlines.land }), s("path", { class: "borders", d: outlines.borders }));
  const names = s("g", { "aria-hidden": "true" }), dots = s("g", {}), scale = s("g", { class: "scale", "aria-hidden": "true" });
  const svg = s("svg", { role: "group", "aria-label": `Map with ${many(places.length, "place")}` }, world, names, dots, scale);
  const area = h("a", { class: "button" }, "Only this area");

  function place() {
    // Equirectangular, true to scale at the middle of the view.
    const k = width / view.width;
    const ky = k / Math.max(Math.cos((view.y * Math.PI) / 180), 0.2);
    const x = (longitude) => width / 2 + (longitude - view.x) * k;
    const y = (latitude) => height / 2 - (latitude - view.y) * ky;
    world.setAttribute("transform", `translate(${x(0)} ${y(0)}) scale(${k / outlines.scale} ${ky / outlines.scale})`);
    const points = places.map((one) => ({ ...one, cx: x(one.longitude), cy: y(one.latitude), r: 6 + 1.5 * Math.min(one.incidents.length - 1, 4) }));
    const taken = points.map(({ cx, cy, r }) => [cx - r, cy - r, cx + r, cy + r]);
    dots.replaceChildren(
      ...points.map(({ cx, cy, r, radius_m }) => (radius_m / DEGREE) * ky > r && s("circle", { class: "radius", cx, cy, r: (radius_m / DEGREE) * ky })).filter(Boolean),
      ...points.map((one) => dot(one, placeUrl, spot(taken, one.cx, one.cy, one.name, one.r + 5))));
    names.replaceChildren(...context.filter((one) => !places.some((other) => other.ids.has(one.id))).flatMap((one) => {
      const [cx, cy] = [x(one.longitude), y(one.latitude)];
      const label = cx > 0 && cx < width && cy > 0 && cy < height && (one.kind === "country" || view.width < 20) && spot(taken, cx, cy, one.name, 6);
      return label ? [one.kind === "city" && s("circle", { cx, cy, r: 2 }), s("text", { class: one.kind, ...label }, one.name)].filter(Boolean) : [];
    }));
    scaleBar(scale, k, view.y, height);
    const box = [view.x - view.width / 2, view.y - height / ky / 2, view.x + view.width / 2, view.y + height / ky / 2];
    area.hidden = box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90;
    area.href = areaUrl(box.map((one) => one.toFixed(2)).join(","));
  }

  const zoom = (factor) => { view = { ...view, width: Math.min(Math.max(view.width * factor, NARROWEST), WIDEST) }; place(); };
  const pan = (dx, dy) => { view = { ...view, x: view.x + (dx * view.width) / width, y: Math.min(Math.max(view.y + (dy * view.width) / width, -85), 85) }; place(); };
  const button = (text, label, act) => h("button", { type: "button", "aria-label": label, onclick: act }, text);
  dragging(svg, pan);
  frame.classList.remove("waiting");
  frame.replaceChildren(svg, h("div", { class: "map-buttons" },
    button("+", "Zoom in", () => zoom(0.6)), button("−", "Zoom out", () => zoom(1 / 0.6)),
    button("←", "West", () => pan(-width / 6, 0)), button("→", "East", () => pan(width / 6, 0)),
    button("↑", "North", () => pan(0, width / 6)), button("↓", "South", () => pan(0, -width / 6)), area));
  drawAtWidth(frame, (found) => {
    width = found;
    height = Math.round(found * 0.75);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    place();
  });
  beside.replaceChildren(aside ? notOnTheMap(left, aside) : "");
}

function dot({ ids, name, incidents, cx, cy, r }, placeUrl, label) {
  const one = incidents.length === 1 ? incidents[0] : null;
  const words = `${name}: ${one ? one.title : many(incidents.length, "incident")}`;
  return s("a", { href: one ? `/incidents/${one.id}` : placeUrl([...ids]), "aria-label": words }, s("title", {}, words),
    s("circle", { class: "dot", cx, cy, r }),
    incidents.length > 1 && s("text", { class: "count", x: cx, y: cy + 4, "text-anchor": "middle" }, incidents.length),
    label && s("text", label, name));
}

// A bar of a round length, at most a quarter of the width.
function scaleBar(group, pixelsPerDegree, latitude, height) {
  const perKilometre = pixelsPerDegree / ((DEGREE / 1000) * Math.max(Math.cos((latitude * Math.PI) / 180), 0.2));
  const length = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1].find((one) => one * perKilometre < 110) ?? 1;
  group.replaceChildren(s("path", { d: `M10 ${height - 14}v6h${length * perKilometre}v-6` }), s("text", { x: 14, y: height - 14 }, `${length} km`));
}

function dragging(svg, pan) {
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("a")) return;
    held = [event.clientX, event.clientY];
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    pan(held[0] - event.clientX, event.clientY - held[1]);
    held = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = null; });
}

function notOnTheMap(left, aside) {
  return h("details", {}, h("summary", {}, `${aside} not on the map`),
    h("p", { class: "quiet" }, "The reporting gives no place for them whose point is known. They are not put anywhere else."),
    h("ul", {}, left.map((incident) => h("li", {},
      h("a", { href: `/incidents/${incident.id}` }, h("bdi", {}, incident.title)), " ", h("span", { class: "quiet" }, spokenDate(incident.date))))));
}
