// What a map shows of a view: incidents with a point one by one or, of more than one answer has, counted by map tiles;
// and those without, by the province or other place that is known of them.

import { address, without } from "./data.js";
import { incidents } from "./incidents.js";

const AREA = ["bbox", "near", "radius_km", "location_match"];
const MAX_ZOOM = 22, MOST = 100, PLACES = 40;

export async function ask(view) {
  const [page, off] = await Promise.all([incidents(view), withoutPoint(view)]);
  return { ...page, off };
}

// How many have no point, the places that are known of them, and who they are: the first, where there are many.
async function withoutPoint(view) {
  const filters = without(view.filters, AREA);
  if (filters.get("has_location") === "true") return { matched: 0, places: [], listed: [] };
  filters.set("has_location", "false");
  const counted = await view.get(address("/v1/facets", new URLSearchParams([["of", "incidents"], ["facet", "place"], ["facet_limit", PLACES], ...filters])));
  const { matched } = counted.meta, { buckets } = counted.data.place;
  if (!matched) return { matched, places: [], listed: [] };
  const [list, places] = await Promise.all([
    view.get(address("/v1/incidents", new URLSearchParams([...filters, ["limit", MOST], ["fields", "title,date,places"]]))),
    buckets.length ? view.get(address("/v1/places", new URLSearchParams([...buckets.map(({ value }) => ["id", value]), ["fields", "name,kind,parents,latitude,longitude"], ["limit", PLACES]]))) : { data: [] },
  ]);
  const counts = new Map(buckets.map((one) => [one.value, one.count]));
  return { matched, listed: list.data, places: places.data.map((one) => ({ ...one, count: counts.get(one.id) })) };
}

// Provinces with a point, and how many incidents without one are known to lie in each.
export const provincesOf = ({ places }) => places.filter(({ kind, latitude }) => kind === "province" && latitude !== null);

// The nearest area that is known of each incident without a point: a province, else what contains its place.
export function byArea({ listed, places }) {
  const known = new Map(places.map((one) => [one.id, one])), groups = new Map();
  for (const incident of listed) {
    const areas = incident.places.map(({ id }) => areaOf(known, id)).filter(Boolean);
    const area = areas.find(({ kind }) => kind === "province") ?? areas[0] ?? null;
    if (!groups.has(area?.id)) groups.set(area?.id, { area, incidents: [] });
    groups.get(area?.id).incidents.push(incident);
  }
  return [...groups.values()].sort((one, other) => !one.area - !other.area || other.incidents.length - one.incidents.length);
}

function areaOf(known, id) {
  let place = known.get(id), found = place;
  for (let steps = 0; place && place.kind !== "province" && steps < 9; steps++) {
    const above = place.parents.map((one) => known.get(one.id)).filter(Boolean);
    place = above.find(({ kind }) => kind === "province") ?? above.find(({ kind }) => kind !== "country") ?? above[0];
    found = place ?? found;
  }
  return found;
}

// Incidents of a box counted by tiles of about so many pixels.
export async function clusters(view, map, pixels, signal) {
  const zoom = Math.min(Math.max(Math.floor(Math.log2((map.k * 360) / pixels)), 0), MAX_ZOOM);
  const asked = new URLSearchParams([["of", "incidents"], ["facet", "grid"], ["z", zoom], ...view.filters]);
  const [west, south, east, north] = map.box;
  if (!AREA.some((name) => asked.has(name)) && east - west < 180 && west >= -180 && east <= 180) {
    asked.set("bbox", [west, Math.max(south, -90), east, Math.min(north, 90)].map((one) => one.toFixed(4)).join(","));
    asked.set("location_match", "point");
  }
  const { data } = await view.get(address("/v1/facets", asked), signal);
  return data.grid.buckets.map(({ count, center, bbox, links }) => ({ count, longitude: center[0], latitude: center[1], bbox, list: links.list, incidents: [] }));
}
