// The timeline: a histogram of the whole time with a brush, the same of the killed, and below it incidents one by one
// where they are few. There a date is drawn as the range of days that it may mean, a known day as a dot. At an open end
// the range goes as far as filters take it, and an arrow goes on from there.

import { brush } from "./brush.js";
import { choosing, followMarks, showChoice } from "./choice.js";
import { address } from "./data.js";
import { drawAtWidth, h, s } from "./dom.js";
import { panel } from "./panel.js";
import { ask } from "./timeline_data.js";
import { bounds, number, openEnds, spokenDate, spokenEdtf, spokenLimits, t } from "./texts.js";

const ROW = 34, TOP = 24, ARROW = 18, MARGIN = ARROW + 4, LETTER = 6.6;
const FEW = 150; // incidents that are drawn one by one at most
const DAY = 86_400_000;
const HIGH = 84, LOW = 46, AXIS = 16; // of the histograms
const isolated = (text) => `\u2068${text}\u2069`; // drawings run from left to right, words as their language does
const time = (day) => Date.parse(`${day}T00:00:00Z`);

export function mount(element, view) {
  const [frame, beside, endpoint] = [".timeline-frame", ".beside", ".endpoint"].map((one) => element.querySelector(one));
  const marks = followMarks(view, frame);
  showChoice(view, element);
  panel(element, view, {
    ask: () => ask(view),
    draw: async (answer) => {
      endpoint.href = address("/v1/incidents", new URLSearchParams([...view.filters, ["sort", "date"]]));
      await draw(frame, beside, answer, view, marks);
      return answer.data.length > 0;
    },
  });
}

function draw(frame, beside, { data, meta, links, counted, harmed }, view, marks) {
  const dated = data.filter(({ date }) => date && (date.earliest || date.latest || date.assumed));
  const open = dated.filter(({ date }) => openEnds(date).length).length, single = !links.next && data.length <= FEW;
  const undated = data.length - dated.length, notJudged = meta.not_judged.date;
  beside.replaceChildren(...[
    counted.buckets.length && h("p", { class: "quiet" }, t("timeline.histogram")),
    single && dated.length && h("p", { class: "quiet" }, t("timeline.bars")),
    single && open && h("p", { class: "quiet" }, t("timeline.open", { incidents: t("count.incidents", { count: open }) })),
    !single && h("p", { class: "quiet" }, t("timeline.too_many")),
    single && undated && h("p", { class: "quiet" }, t("timeline.undated", { count: undated })),
    notJudged && h("p", { class: "quiet" }, t("timeline.not_judged", { count: notJudged })),
  ].filter(Boolean));
  const rows = dated
    .map((incident) => ({ incident, ...range(incident.date) }))
    .sort((a, b) => (a.from ?? a.to) - (b.from ?? b.to));
  return drawAtWidth(frame, function* (width) {
    const above = counted.buckets.length > 1 && histograms(counted, harmed, width, view);
    yield;
    const below = single && dated.length && h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("timeline.name") }, drawing(rows, width - 20, view));
    yield;
    const held = [...frame.querySelectorAll("input")].indexOf(document.activeElement);
    frame.replaceChildren(...[above, below, !dated.length && h("p", { class: "quiet" }, t("timeline.nothing"))].filter(Boolean));
    frame.querySelectorAll("input")[held]?.focus();
    marks();
  });
}

const inWords = ({ value }) => spokenEdtf(value.includes("/") ? value.split("/")[0] : value);

// How many incidents certainly, and possibly, were then; below them the killed, from the lowest to the highest sum.
function histograms({ buckets }, harmed, width, view) {
  const x = (index) => 1 + (index / buckets.length) * (width - 2), height = HIGH + AXIS + (harmed ? LOW + AXIS : 0);
  const svg = s("svg", { class: "histogram", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": spokenHistogram(buckets) });
  const begin = time(buckets[0].earliest), span = time(buckets.at(-1).latest) + DAY - begin;
  for (const [moment, label] of ticks(begin, begin + span, width)) {
    const at = 1 + ((moment - begin) / span) * (width - 2);
    svg.append(s("line", { class: "axis", x1: at, x2: at, y1: 0, y2: height }), ...named(label, at + 3, HIGH + 12, width));
  }
  const measured = (words, y) => s("text", { class: "tick", x: 4, y }, words);
  svg.append(bars(buckets.map(({ certain, possible }) => [certain, certain + possible]), x, 0, HIGH, "", buckets), measured(t("timeline.incidents"), 11));
  if (harmed) {
    const of = new Map(harmed.buckets.map((one) => [one.value, one]));
    const sums = buckets.map(({ value }) => of.get(value) ?? { low: 0, high: 0 }), label = harmed.buckets.find((one) => one.label).label;
    svg.append(bars(sums.map(({ low, high }) => [low, high]), x, HIGH + AXIS, LOW, "harmed", buckets), measured(label, HIGH + AXIS + 11));
  }
  const [from, to] = (view.filters.get("datetime") ?? "../..").split("/").concat(view.filters.get("datetime") ?? "").slice(0, 2);
  const chosen = brush({
    buckets, x, height,
    bounds: boundsOf(buckets, from, to),
    words: { from: t("timeline.from"), to: t("timeline.to"), all: t("timeline.all"), one: inWords, range: (one, other) => (one === other ? inWords(one) : t("date.interval", { begin: inWords(one), end: inWords(other) })) },
    choose: (days) => {
      const found = view.query;
      for (const name of ["datetime", "date_match", "cursor"]) found.delete(name);
      if (days) found.set("datetime", days.join("/"));
      view.go(found);
    },
  });
  svg.append(chosen.group);
  chosen.listen(svg);
  chosen.show();
  return h("div", { class: "histograms" }, svg, chosen.controls);
}

// The first and last bucket of a filter; all of them where it reaches beyond.
function boundsOf(buckets, from, to) {
  const first = buckets.findIndex(({ latest }) => from === ".." || latest >= from), last = buckets.findLastIndex(({ earliest }) => to === ".." || earliest <= `${to}~`);
  return [Math.max(first, 0), last < 0 ? buckets.length - 1 : Math.max(last, first)];
}

// Of each bucket the certain part, and above it what may come to it.
function bars(values, x, top, height, kind, buckets) {
  const most = Math.max(...values.map(([, high]) => high), 1), y = (value) => top + height - (value / most) * (height - 14);
  const bar = (index, low, high, name) => high > low && s("rect", { class: name, x: x(index) + 0.5, y: y(high), width: Math.max(x(index + 1) - x(index) - 1, 1), height: y(low) - y(high) });
  return s("g", { class: `bars ${kind}` }, values.map(([low, high], index) => (high > 0) && s("g", {},
    s("title", {}, `${inWords(buckets[index])}: ${low === high ? number(low) : t("number.range", { low, high })}`),
    bar(index, 0, low, "certain"), bar(index, low, high, "possible"))), s("text", { class: "tick", x: x(values.length) - 4, y: top + 11, "text-anchor": "end" }, number(most)));
}

function spokenHistogram(buckets) {
  const most = buckets.reduce((one, other) => (other.count > one.count ? other : one));
  return t("timeline.histogram_label", { from: inWords(buckets[0]), to: inWords(buckets.at(-1)), most: inWords(most), count: most.count });
}

function range({ earliest, latest, assumed }) {
  const first = earliest ?? assumed?.earliest ?? null, last = latest ?? assumed?.latest ?? null;
  return { from: first && time(first), to: last && time(last) + DAY };
}

function drawing(rows, width, view) {
  const known = rows.flatMap(({ from, to }) => [from, to]).filter((moment) => moment !== null);
  const begin = Math.min(...known), span = Math.max(Math.max(...known) - begin, 20 * DAY);
  const x = (moment) => MARGIN + ((moment - begin) / span) * (width - 2 * MARGIN);
  const height = TOP + rows.length * ROW + 4;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": t("timeline.label", { incidents: t("count.incidents", { count: rows.length }) }) });
  for (const [moment, label] of ticks(begin, begin + span, width)) {
    svg.append(s("line", { class: "axis", x1: x(moment), x2: x(moment), y1: 0, y2: height }), ...named(label, x(moment) + 4, 12, width));
  }
  rows.forEach((row, index) => svg.append(mark(row, x, TOP + index * ROW, width, view)));
  return svg;
}

function mark({ incident, from, to }, x, y, width, view) {
  const { date, title, totals } = incident;
  const label = `${title}, ${spokenDate(date)}`;
  const left = from === null ? MARGIN : x(from), right = Math.max(to === null ? width - MARGIN : x(to), left + 2);
  const middle = y + 23, ends = openEnds(date), open = ends.length > 0;
  const bar = !open && to - from <= 3 * DAY && right - left < 10
    ? s("circle", { class: "day", cx: (left + right) / 2, cy: middle, r: 5 })
    : s("rect", { class: open ? "range open" : date.approximate ? "range unsure" : "range", x: left, y: y + 18, width: right - left, height: 10, rx: open ? 0 : 3 });
  const arrows = ends.map((end) => (end === "start" ? arrow(left, middle, -1) : arrow(right, middle, 1)));
  const fits = Math.floor((width - 2 * MARGIN) / LETTER);
  const dead = totals?.killed?.low || totals?.killed?.high ? isolated(`${bounds(totals.killed)} ${t("timeline.killed")}`) : "";
  const room = fits - (dead ? dead.length + 2 : 0), words = title.length > room ? `${title.slice(0, room - 1)}…` : title;
  const start = Math.max(MARGIN, Math.min(left, width - MARGIN - (words.length + (dead ? dead.length + 2 : 0)) * LETTER));
  const link = s("a", { href: `/incidents/${incident.id}`, "aria-label": label }, s("title", {}, `${label}. ${spokenLimits(date)}`.trim()),
    s("rect", { class: "row", x: 0, y, width, height: ROW }), bar, ...arrows, s("text", { x: start, y: y + 13 }, words, dead && s("tspan", { class: "dead", dx: 8 }, dead)));
  return choosing(view, link, [incident.id]);
}

// A dashed line that goes on beyond the bar, to the left (-1) or right (1), and ends in a point.
function arrow(x, y, towards) {
  const tip = x + towards * ARROW, back = tip - towards * 6;
  return s("path", { class: "arrow", d: `M${x} ${y}H${tip}M${back} ${y - 5}L${tip} ${y}L${back} ${y + 5}` });
}

// The name of a tick, where there is room for it.
const named = (label, x, y, width) => (x + label.length * LETTER > width ? [] : [s("text", { class: "tick", x, y }, label)]);

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
