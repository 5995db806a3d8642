// Which part of the world a map shows, and how that is changed: by wheel, fingers, mouse, keys and buttons.

const NARROWEST = 0.05, WIDEST = 360, STEP = 1.6;

// True to scale at the middle of the view (equirectangular). `change` is called after every move.
export class MapView {
  width = 0;
  height = 0;

  constructor(start, change) {
    this.start = start;
    this.change = change;
    this.at(start);
  }

  at({ x, y, across }) {
    [this.x, this.y, this.across] = [x, y, across];
  }

  resize(width, height) {
    [this.width, this.height] = [width, height];
  }

  get k() { return this.width / this.across; } // pixels per degree of longitude
  get ky() { return this.k / Math.max(Math.cos((this.y * Math.PI) / 180), 0.2); }
  px(longitude) { return this.width / 2 + (longitude - this.x) * this.k; }
  py(latitude) { return this.height / 2 - (latitude - this.y) * this.ky; }
  get box() {
    const dx = this.across / 2, dy = this.height / this.ky / 2;
    return [this.x - dx, this.y - dy, this.x + dx, this.y + dy];
  }

  // From degrees, north up, to pixels.
  get transform() {
    return `translate(${this.px(0)} ${this.py(0)}) scale(${this.k} ${this.ky})`;
  }

  // Zooms so that what is under a point of the map stays there.
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [longitude, latitude] = [this.x + (px - this.width / 2) / this.k, this.y - (py - this.height / 2) / this.ky];
    this.across = Math.min(Math.max(this.across * factor, NARROWEST), WIDEST);
    this.x = longitude - (px - this.width / 2) / this.k;
    this.y = latitude + (py - this.height / 2) / this.ky;
    this.#moved();
  }

  pan(dx, dy) {
    this.x += dx / this.k;
    this.y -= dy / this.ky;
    this.#moved();
  }

  reset() {
    this.at(this.start);
    this.#moved();
  }

  #moved() {
    this.x = ((this.x + 540) % 360) - 180;
    this.y = Math.min(Math.max(this.y, -85), 85);
    this.change();
  }

  // Listens on the drawing. The wheel zooms with Ctrl, or once the map has the focus: until then it scrolls the page.
  listen(svg) {
    const inside = (event) => {
      const box = svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && !svg.contains(document.activeElement)) return;
      event.preventDefault();
      this.zoom(STEP ** (event.deltaY / (event.deltaMode ? 3 : 150)), ...inside(event));
    }, { passive: false });
    svg.addEventListener("dblclick", (event) => { event.preventDefault(); this.zoom(1 / STEP, ...inside(event)); });
    svg.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (moves[event.key]) this.pan(...moves[event.key].map((one) => (one * this.width) / 6));
      else if (event.key === "+" || event.key === "=") this.zoom(1 / STEP);
      else if (event.key === "-") this.zoom(STEP);
      else if (event.key === "0" || event.key === "Home") this.reset();
      else return;
      event.preventDefault();
    });
    this.#pointers(svg, inside);
  }

  #pointers(svg, inside) {
    const held = new Map();
    const middle = () => [...held.values()].reduce(([x, y], one) => [x + one[0] / held.size, y + one[1] / held.size], [0, 0]);
    const apart = () => { const [one, other] = [...held.values()]; return Math.hypot(one[0] - other[0], one[1] - other[1]); };
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || (event.pointerType === "mouse" && event.target.closest("a"))) return;
      held.set(event.pointerId, inside(event));
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held.has(event.pointerId)) return;
      const [before, distance] = [middle(), held.size === 2 ? apart() : 0];
      held.set(event.pointerId, inside(event));
      const [x, y] = middle();
      // Not before it moves: a captured pointer clicks on nothing.
      if (Math.hypot(x - before[0], y - before[1]) > 0 && !svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
      if (distance) this.zoom(distance / Math.max(apart(), 1), x, y);
      this.pan(before[0] - x, before[1] - y);
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => held.delete(event.pointerId));
  }
}
