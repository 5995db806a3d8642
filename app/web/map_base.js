// What lies under the incidents: land, water, borders and towns of Natural Earth. The whole world is one file of few
// lines; squares of ten degrees have all of them, and are loaded for what is to be seen.

import { get } from "./api.js";
import { s } from "./dom.js";

const FOLDER = "/static/map";
const WIDEST_WITH_SQUARES = 60; // degrees
const TOWNS_TO_RANK = [[4, 7400], [8, 2600], [16, 900], [30, 350], [60, 160]]; // up to which rank, by degrees of width
let world = null;
const squares = new Map(), loaded = new Map();

export async function loadWorld() {
  world = world ?? (await get(`${FOLDER}/world.json`));
  world.there = world.there ?? new Set(world.squares.split(" "));
  return world;
}

// A square that cannot be loaded leaves the lines of the whole world.
function load(name) {
  if (!squares.has(name)) {
    const keep = (found) => { loaded.set(name, found); return found; };
    squares.set(name, get(`${FOLDER}/${name}.json`).then(keep, () => { squares.delete(name); return null; }));
  }
  return squares.get(name);
}

function namesIn([west, south, east, north]) {
  const { cell, there } = world, names = [];
  for (let x = Math.floor(west / cell) * cell; x < east; x += cell) {
    for (let y = Math.floor(south / cell) * cell; y < north; y += cell) if (there.has(`${x}_${y}`)) names.push(`${x}_${y}`);
  }
  return names;
}

const lines = (found, names) => names.map((name) => found[name] && s("path", { class: name, d: found[name] }));

// The squares of a box; none where it is so wide that the lines of the whole world are enough.
const squaresOf = (box) => (box[2] - box[0] <= WIDEST_WITH_SQUARES ? namesIn(box) : []);

export const loadSquares = (box) => Promise.all(squaresOf(box).map(load));

// The base of a map: `show` moves it, and calls `drawn` when a further square can be shown.
export class Base {
  #world = s("g", { transform: `scale(${1 / world.scale})` }, lines(world, ["land", "lakes", "borders"]));
  #squares = s("g", { transform: `scale(${1 / world.near})` });
  #shown = new Map();
  #wanted = [];
  element = s("g", { class: "base", "aria-hidden": "true" }, this.#world, this.#squares);

  show(box, transform, drawn) {
    this.element.setAttribute("transform", transform);
    const names = squaresOf(box);
    this.#wanted = names;
    for (const name of names) if (loaded.has(name) && !this.#shown.has(name)) this.#add(name, loaded.get(name));
    for (const [name, group] of this.#shown) group.toggleAttribute("hidden", !names.includes(name));
    this.#world.toggleAttribute("hidden", names.length > 0 && names.every((name) => this.#shown.has(name)));
    for (const name of names.filter((one) => !loaded.has(one))) load(name).then((found) => { if (found && this.#wanted.includes(name)) drawn(); });
  }

  #add(name, found) {
    const group = s("g", {}, lines(found, ["land", "lakes", "rivers", "inner", "disputed", "borders"]));
    group.found = found;
    this.#shown.set(name, group);
    this.#squares.append(group);
  }

  // Towns to name in a box, the most important first.
  towns([west, south, east, north]) {
    const width = east - west, rank = TOWNS_TO_RANK.find(([widest]) => width <= widest)?.[1] ?? 60;
    const seen = width <= WIDEST_WITH_SQUARES ? [...this.#shown.values()].flatMap(({ found }) => found.towns) : world.towns.map((one, index) => [...one, index]);
    return seen.filter(([, x, y, of]) => of < rank && x > west && x < east && y > south && y < north).sort((one, other) => one[3] - other[3]);
  }

  countries([west, south, east, north]) {
    return world.countries.filter(([, x, y]) => x > west && x < east && y > south && y < north);
  }
}

// The names of the provinces that points lie in, by the key of each point.
export async function provincesAt(points) {
  const found = new Map();
  for (const { id, longitude, latitude } of points) {
    const [square] = namesIn([longitude, latitude, longitude + 1e-9, latitude + 1e-9]), here = square && (await load(square));
    const name = here && Object.entries(here.provinces).find(([, d]) => contains(d, longitude * world.near, -latitude * world.near))?.[0];
    if (name) found.set(id, name);
  }
  return found;
}

// The shape of a province, a part for each square that is there.
export const partsOf = (name) => [...loaded.values()].map(({ provinces }) => provinces[name]).filter(Boolean);

// Whether a point is in a path of relative lines: an odd number of edges lies to the right of it.
function contains(d, px, py) {
  let inside = false;
  for (const ring of d.split("M").slice(1)) {
    const numbers = ring.match(/-?\d+/g).map(Number);
    let [x, y] = numbers;
    const points = [[x, y]];
    for (let i = 2; i < numbers.length; i += 2) points.push([(x += numbers[i]), (y += numbers[i + 1])]);
    points.forEach(([ax, ay], i) => {
      const [bx, by] = points[(i + 1) % points.length];
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) inside = !inside;
    });
  }
  return inside;
}

// A small map that says where in the world the view is.
export function inset([west, south, east, north]) {
  const size = world.scale, mark = [west, -north, east - west, north - south].map((one) => one * size);
  const small = mark[2] < 12 * size;
  return s("svg", { class: "inset", viewBox: [-180, -84, 360, 142].map((one) => one * size).join(" "), "aria-hidden": "true" },
    lines(world, ["land"]),
    small ? s("circle", { class: "here", cx: mark[0] + mark[2] / 2, cy: mark[1] + mark[3] / 2, r: 9 * size })
      : s("rect", { class: "here", x: mark[0], y: mark[1], width: mark[2], height: mark[3] }));
}

// A shape of a square in a group of its own scale.
export const shape = (attributes, paths) => s("g", { transform: `scale(${1 / world.near})` }, paths.map((d) => s("path", { ...attributes, d })));
