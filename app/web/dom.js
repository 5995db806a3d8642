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

// Draws into a frame, and anew when its width changes. `draw` takes the width in CSS pixels.
const observers = new WeakMap();

export function drawAtWidth(frame, draw) {
  observers.get(frame)?.disconnect();
  let width = 0;
  const check = () => {
    const found = Math.round(frame.clientWidth);
    if (found && found !== width) draw((width = found));
  };
  const observer = new ResizeObserver(check);
  observers.set(frame, observer);
  observer.observe(frame);
  check(); // at once, so that a panel is not ready before it shows something
}
