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

export const spoken = (value) => value.replaceAll("_", " ");
export const many = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

// A sum with its bounds: 2–14, 3 or more, up to 12.
export function bounds({ low, high }) {
  if (high === null) return low ? `${low} or more` : "number not stated";
  if (low === high) return `${low}`;
  return low ? `${low}–${high}` : `up to ${high}`;
}

// One end of a date in words; empty where it is open, null for what has no short words.
const MONTHS = "January February March April May June July August September October November December".split(" ");

function said(end) {
  if (end === "" || end === "..") return "";
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~])?$/.exec(end);
  if (!match || (match[2] && !MONTHS[match[2] - 1])) return null;
  const [, year, month, day, mark] = match;
  const words = [day && Number(day), month && MONTHS[month - 1], year].filter(Boolean).join(" ");
  return mark === "?" ? `${words} (uncertain)` : mark === "~" ? `about ${words}` : words;
}

// An EDTF date as people say it, as `app/routes/spoken.py` does: any that has no short words as it stands.
export function spokenDate(date) {
  if (date === null) return "date not stated";
  const { edtf } = date;
  const oneOf = edtf.startsWith("[") && edtf.endsWith("]");
  const text = oneOf ? edtf.slice(1, -1) : edtf;
  if (oneOf && text.includes(",")) {
    const dates = text.split(",").map(said);
    return dates.every(Boolean) ? `${dates.slice(0, -1).join(", ")} or ${dates.at(-1)}` : edtf;
  }
  const split = oneOf ? ".." : "/";
  const cut = text.indexOf(split);
  const first = said(cut < 0 ? text : text.slice(0, cut));
  const last = cut < 0 ? "" : said(text.slice(cut + split.length));
  if (first === null || last === null || (!first && !last)) return edtf;
  if (cut < 0) return first;
  if (!last) return `from ${first} on`;
  if (!first) return `${oneOf ? "by" : "until"} ${last}`;
  return oneOf ? `between ${first} and ${last}` : `${first} to ${last}`;
}

// Draws into a frame, and anew when its width changes. `draw` takes the width in CSS pixels.
const observers = new WeakMap();

export function drawAtWidth(frame, draw) {
  observers.get(frame)?.disconnect();
  let width = 0;
  const observer = new ResizeObserver(() => {
    const found = Math.round(frame.clientWidth);
    if (found && found !== width) draw((width = found));
  });
  observers.set(frame, observer);
  observer.observe(frame);
}
