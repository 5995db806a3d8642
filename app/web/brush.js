// Chooses a part of a time by dragging over a histogram, or with two sliders; both say the same.

import { h, s } from "./dom.js";

const SETTLES_MS = 400;

// `bounds` are the first and last bucket that are chosen, from 0; `choose` is called with others, or with null for all.
export function brush({ buckets, bounds, x, height, words, choose }) {
  let [first, last] = bounds;
  const shade = [s("rect", { class: "outside" }), s("rect", { class: "outside" })];
  const marked = s("rect", { class: "chosen-time" }), told = h("output", { class: "quiet" });
  const group = s("g", { class: "brush" }, shade, marked);
  const all = () => first === 0 && last === buckets.length - 1;

  function show() {
    const [from, to] = [x(first), x(last + 1)], width = x(buckets.length);
    const place = (rect, at, wide) => Object.entries({ x: at, y: 0, width: Math.max(wide, 0), height }).forEach(([name, value]) => rect.setAttribute(name, value));
    place(shade[0], x(0), from - x(0));
    place(shade[1], to, width - to);
    place(marked, from, to - from);
    marked.toggleAttribute("hidden", all());
    told.textContent = words.range(buckets[first], buckets[last]);
    sliders[0].value = first;
    sliders[1].value = last;
    sliders.forEach((one) => one.setAttribute("aria-valuetext", words.one(buckets[one.value])));
    clear.disabled = all();
  }

  let timer = 0;

  // Keys move a slider step by step, and not each step is a choice.
  function settle() {
    clearTimeout(timer);
    timer = setTimeout(done, SETTLES_MS);
  }

  const done = () => choose(all() ? null : [buckets[first].earliest, buckets[last].latest]);
  const slider = (label, move) => h("input", { type: "range", min: 0, max: buckets.length - 1, "aria-label": label, oninput: (event) => { move(Number(event.target.value)); show(); }, onchange: settle });
  const sliders = [
    slider(words.from, (value) => { first = value; last = Math.max(last, value); }),
    slider(words.to, (value) => { last = value; first = Math.min(first, value); }),
  ];
  const clear = h("button", { type: "button", onclick: () => { [first, last] = [0, buckets.length - 1]; show(); done(); } }, words.all);

  // The drawing whose width is that of the histogram.
  function listen(svg) {
    let begun = null;
    const bucketAt = (event) => {
      const box = svg.getBoundingClientRect(), px = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      return Math.min(Math.max(Math.floor(((px - x(0)) / (x(buckets.length) - x(0))) * buckets.length), 0), buckets.length - 1);
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      begun = bucketAt(event);
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (begun === null) return;
      const now = bucketAt(event);
      [first, last] = [Math.min(begun, now), Math.max(begun, now)];
      show();
    });
    svg.addEventListener("pointerup", (event) => {
      if (begun === null) return;
      const now = bucketAt(event);
      [first, last] = [Math.min(begun, now), Math.max(begun, now)];
      begun = null;
      show();
      done();
    });
    svg.addEventListener("pointercancel", () => { begun = null; });
  }

  return { group, listen, show, controls: h("div", { class: "brush-controls" }, told, clear, h("div", { class: "sliders" }, sliders)) };
}
