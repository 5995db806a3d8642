// The timeline: a date is drawn as the range of days that it may mean, a known day as a dot.

import { drawAtWidth, h, many, s, spokenDate } from "./dom.js";

const ROW = 34, TOP = 24, MARGIN = 10, LETTER = 6.6;
const DAY = 86_400_000;
const time = (day) => Date.parse(`${day}T00:00:00Z`);

// `notJudged` counts what a time filter had to leave aside because it has no date; null without such a filter.
export function drawTimeline(frame, beside, incidents, notJudged) {
  const dated = incidents.filter(({ date }) => date && (date.earliest || date.latest));
  const undated = incidents.length - dated.length;
  beside.replaceChildren(
    dated.length ? h("p", { class: "quiet" }, "A bar covers every day that the reporting leaves possible; pale ones are uncertain or open.") : "",
    undated ? h("p", { class: "quiet" }, `${undated} without a date, not drawn.`) : "",
    notJudged ? h("p", { class: "quiet" }, `${many(notJudged, "incident")} without a date cannot be judged by this time.`) : "");
  frame.classList.remove("waiting");
  if (!dated.length) return drawAtWidth(frame, () => frame.replaceChildren(h("p", { class: "quiet" }, "Nothing here has a date.")));
  const rows = dated
    .map((incident) => ({ incident, from: incident.date.earliest && time(incident.date.earliest), to: incident.date.latest && time(incident.date.latest) + DAY }))
    .sort((a, b) => (a.from ?? a.to) - (b.from ?? b.to));
  const known = rows.flatMap(({ from, to }) => [from, to]).filter((moment) => moment !== null);
  const begin = Math.min(...known), span = Math.max(Math.max(...known) - begin, 20 * DAY);
  drawAtWidth(frame, (width) => {
    const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Timeline" }, drawing(rows, begin, span, width - 20));
    frame.replaceChildren(scroll);
  });
}

function drawing(rows, begin, span, width) {
  const x = (moment) => MARGIN + ((moment - begin) / span) * (width - 2 * MARGIN);
  const height = TOP + rows.length * ROW + 4;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Timeline of ${many(rows.length, "incident")}` });
  for (const [moment, label] of ticks(begin, begin + span, width)) {
    svg.append(s("line", { class: "axis", x1: x(moment), x2: x(moment), y1: 0, y2: height }), s("text", { class: "tick", x: x(moment) + 4, y: 12 }, label));
  }
  rows.forEach((row, number) => svg.append(mark(row, x, TOP + number * ROW, width)));
  return svg;
}

function mark({ incident, from, to }, x, y, width) {
  const { date, title } = incident;
  const label = `${title}, ${spokenDate(date)}`;
  const left = from === null ? 0 : x(from), right = to === null ? width : x(to);
  const open = from === null || to === null;
  const bar = !open && to - from <= 3 * DAY && right - left < 10
    ? s("circle", { class: "day", cx: (left + right) / 2, cy: y + 23, r: 5 })
    : s("rect", { class: date.approximate || open ? "range unsure" : "range", x: left, y: y + 18, width: Math.max(right - left, 2), height: 10, rx: 3 });
  const fits = Math.floor((width - 2 * MARGIN) / LETTER);
  const words = title.length > fits ? `${title.slice(0, fits - 1)}…` : title;
  const start = Math.max(MARGIN, Math.min(left, width - MARGIN - words.length * LETTER));
  return s("a", { href: `/incidents/${incident.id}`, "aria-label": label }, s("title", {}, label),
    s("rect", { class: "row", x: 0, y, width, height: ROW }), bar, s("text", { x: start, y: y + 13 }, words));
}

// The beginnings of months, quarters or years: as many as have room for their names.
function ticks(begin, end, width) {
  const months = (end - begin) / (30.4 * DAY), room = Math.max(Math.floor(width / 64), 2);
  const step = [1, 3, 12, 24, 60, 120, 600].find((one) => months / one <= room) ?? 1200;
  const found = [];
  for (let month = Math.floor((new Date(begin).getUTCFullYear() * 12) / step) * step; ; month += step) {
    const moment = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (moment > end) return found;
    if (moment >= begin) found.push([moment, new Date(moment).toISOString().slice(0, step >= 12 ? 4 : 7)]);
  }
}
