// Elements from data. Text is always set as text, so nothing in the data can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const at = (id) => document.getElementById(id);

// Gives way to what waits: input, and showing what is drawn already. No task is to last longer than a finger waits.
export const pause = () => globalThis.scheduler?.yield?.() ?? new Promise((go) => { setTimeout(go); });

// Runs a generator with a pause wherever it yields, unless it is `over` by then.
async function inSteps(steps, over) {
  for (const _ of steps ?? []) {
    await pause();
    if (over()) return;
  }
}

// Draws into a frame, and anew when its width changes. `draw` takes the width in CSS pixels; one that takes long is a
// generator that yields between its steps. Resolves when it is drawn: a panel is not ready before it shows something.
const observers = new WeakMap();

export function drawAtWidth(frame, draw) {
  observers.get(frame)?.disconnect();
  let width = 0;
  const check = () => {
    const found = Math.round(frame.clientWidth);
    if (!found || found === width) return null;
    width = found;
    return inSteps(draw(width), () => width !== found || observers.get(frame) !== observer);
  };
  const observer = new ResizeObserver(check);
  observers.set(frame, observer);
  observer.observe(frame);
  return check();
}
