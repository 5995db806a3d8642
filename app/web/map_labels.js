// Names on a map that never run over each other, nor over what has its place already.

const ruler = document.createElement("canvas").getContext("2d");

export class Labels {
  #taken = [];

  constructor(width, height) {
    [this.width, this.height] = [width, height];
  }

  take(...box) {
    this.#taken.push(box);
  }

  // Where a name fits beside a point: right, left, below, above, or nowhere.
  beside(x, y, name, gap, font) {
    return this.#spot(name, font, (long, high) => [...[4, 7, 1, 10, -2].flatMap((down) => [[x + gap, y + down, "start", x + gap], [x - gap, y + down, "end", x - gap - long]]), [x, y + gap + high, "middle", x - long / 2], [x, y - gap - 3, "middle", x - long / 2]]);
  }

  // Where a name fits on an area around a point: on the point, or so many pixels below or above it.
  within(x, y, name, font, room = [0]) {
    return this.#spot(name, font, (long, high) => room.map((down) => [x, y + high / 3 + down, "middle", x - long / 2]));
  }

  #spot(name, font = "12px system-ui, sans-serif", spotsFor) {
    ruler.font = font;
    const long = ruler.measureText(name).width + 4, high = parseInt(font.match(/\d+px/), 10);
    for (const [left, base, anchor, from] of spotsFor(long, high)) {
      const box = [from - 2, base - high, from + long, base + 4];
      if (box[0] < 2 || box[1] < 2 || box[2] > this.width - 2 || box[3] > this.height - 2) continue;
      if (this.#taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      this.#taken.push(box);
      return { x: left, y: base, "text-anchor": anchor };
    }
    return null;
  }
}
