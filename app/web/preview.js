// What `dateline preview` adds to every page: mistakes beside their records, and what no record rests on.

import { at, h } from "./dom.js";

const POLL_MS = 1000;
const many = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
const report = await load();

async function load() {
  return (await fetch("/preview.json")).json();
}

const place = (one) => h("span", { class: "quiet" }, `${one.file}:${one.line}`);
const told = (one) => h("li", {}, place(one), " ", one.where ? h("code", {}, one.where) : null, " ", one.message);
const list = (some) => h("ul", { class: "mistakes" }, some.map(told));

// Mistakes by record, those of no record under an empty id.
function byRecord(mistakes) {
  const found = new Map();
  for (const one of mistakes) found.set(one.record, [...(found.get(one.record) ?? []), one]);
  return found;
}

function records(title, mistakes) {
  if (!mistakes.length) return null;
  const some = [...byRecord(mistakes)].map(([id, own]) =>
    h("div", { class: "broken" }, h("h3", {}, h("bdi", {}, own[0].name || "Files"), " ", id ? h("code", {}, id) : null), list(own)));
  return h("section", {}, h("h2", {}, title), some);
}

function paragraph(one) {
  const meter = h("meter", { min: 0, max: one.length, value: one.covered, title: `${one.covered} of ${one.length} characters` });
  const sentences = one.without_record.map((sentence) => h("li", {}, h("bdi", {}, sentence)));
  return h("li", { class: one.passages ? null : "untouched" }, `¶${one.number} `, meter, ` ${many(one.passages, "passage")} `,
    sentences.length ? h("ul", { class: "sentences" }, sentences) : null);
}

function article(one) {
  const untouched = one.paragraphs.filter((paragraph) => !paragraph.passages).length;
  const sentences = one.paragraphs.reduce((sum, paragraph) => sum + paragraph.without_record.length, 0);
  const said = one.has_text ? `${many(sentences, "sentence")} that no record rests on` : `${many(untouched, "paragraph")} that no record rests on`;
  return h("details", { class: "coverage", "data-article": one.id },
    h("summary", {}, h("bdi", {}, one.title), `: ${many(one.passages, "passage")}, ${said}`,
      one.has_text ? null : ", not verified: give its text with --text"),
    h("ol", {}, one.paragraphs.map(paragraph)));
}

function draw() {
  const { mistakes, unverified, problems } = report;
  const status = [mistakes.length ? many(mistakes.length, "mistake") : "No mistakes", unverified.length ? `${many(unverified.length, "passage")} not as in the text` : null];
  const panel = h("aside", { id: "preview", class: "preview", "aria-label": "Preview" },
    h("p", { role: "status" }, h("b", {}, `${status.filter(Boolean).join(", ")}.`), " Nothing is stored; every save is checked."),
    problems.map((problem) => h("p", { class: "mistakes" }, problem)),
    records("Mistakes", mistakes), records("Not verified", unverified), report.articles.map(article));
  at("main").before(panel);
}

// The front page draws its cards itself, again and again; an incident with mistakes stands there in its place.
function beside() {
  const incidents = at("list");
  for (const [id, own] of byRecord([...report.mistakes, ...report.unverified])) {
    const card = id && (document.getElementById(id) ?? (location.pathname === `/incidents/${id}` ? at("main") : null));
    if (card && !card.querySelector(":scope > .mistakes")) card.append(list(own));
    else if (incidents && !card && id && own[0].file.includes("/incidents.")) {
      incidents.prepend(h("li", { class: "incident broken", id }, h("h3", {}, h("bdi", {}, own[0].name)), list(own)));
      at("list-section").hidden = false;
    }
  }
}

draw();
beside();
new MutationObserver(beside).observe(at("main"), { childList: true, subtree: true });
setInterval(async () => {
  const now = await load().catch(() => report);
  if (now.version !== report.version) location.reload();
}, POLL_MS);
