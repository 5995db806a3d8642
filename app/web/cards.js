// Incidents, quotes and casualty claims as cards, in the shapes that the page has without scripts.

import { bounds, h, many, spoken, spokenDate } from "./dom.js";

const passages = (evidence) =>
  h("span", { class: "passages" }, evidence.map((span) => [
    h("a", { href: span.url, rel: "external" }, `¶${span.paragraph}`, h("span", { class: "quiet" }, ` ${span.field}`)), " ",
  ]));

const speaker = (voice) => [h("bdi", {}, voice.label), voice.anonymity && [" ", h("span", { class: "tag" }, spoken(voice.anonymity))]];

export function incidentCard(incident) {
  const date = incident.date;
  const when = date ? h("time", { datetime: `${date.earliest ?? ".."}/${date.latest ?? ".."}` }, spokenDate(date)) : "date not stated";
  const harms = Object.entries(incident.totals).filter(([, total]) => total);
  return h("li", { class: "incident", id: incident.id },
    h("h3", {}, h("a", { href: `/incidents/${incident.id}` }, h("bdi", {}, incident.title))),
    h("p", { class: "facts" }, when, ` · ${spoken(incident.kind)}`,
      incident.granularity !== "event" && ` · ${incident.granularity}`,
      incident.contested && [" · ", h("span", { class: "tag contested" }, "contested")]),
    h("p", {}, h("bdi", {}, incident.summary)),
    harms.length > 0 && h("p", { class: "facts" }, harms.map(([outcome, total]) => [
      h("span", { class: `harm ${outcome}` }, total.low !== null && [h("b", {}, bounds(total)), ` ${outcome}`],
        total.low !== null && total.parts && ", ",
        total.parts && [h("b", {}, bounds(total.parts)), ` ${outcome} in its parts`]), " "])));
}

export function quoteCard(quote) {
  const words = quote.evidence.filter((span) => span.field === "words");
  return h("figure", { class: "quote" },
    h("blockquote", {}, h("p", {}, h("bdi", {}, quote.text))),
    h("figcaption", {}, speaker(quote.speaker),
      quote.relayed_by && [", as told by ", speaker(quote.relayed_by)], " ",
      h("span", { class: "tag" }, `${quote.kind} quote`), " ", passages(words.length ? words : quote.evidence.slice(0, 1))));
}

// One figure for each outcome, each claimant with a sum and the claims behind it; last, what no sum counts.
// The sums are the API's own, and so is the order of the outcomes.
export function figures({ rows, totals }, claims, titles, order) {
  const rank = (total) => order.indexOf(total.by.outcome.value);
  const counted = totals.filter((total) => total.low !== null).sort((a, b) => rank(a) - rank(b));
  const outcomes = new Set(counted.map((total) => total.by.outcome.value));
  const others = claims.filter((claim) => !outcomes.has(claim.outcome));
  return [...counted.map((total) => figure(total, rows, claims, titles)), others.length > 0 && h("section", { class: "figure" },
    h("h3", {}, "Told, but not added up"),
    h("ul", {}, h("li", {}, h("details", {}, h("summary", {}, many(others.length, "claim")), claimList(others, titles)))))].filter(Boolean);
}

function figure(total, rows, claims, titles) {
  const { label, value } = total.by.outcome;
  const mine = claims.filter((claim) => claim.outcome === value);
  return h("section", { class: "figure" },
    h("h3", {}, h("b", {}, bounds(total)), ` ${spoken(label)}`),
    h("ul", {}, rows.filter((row) => row.by.outcome.value === value).map((row) => claimant(row, mine, titles))));
}

// A claim counts for whoever makes it and for whoever it came through, so the sums of two claimants may overlap.
function claimant(row, claims, titles) {
  const { label, value } = row.by.claimed_by;
  const own = claims.filter((claim) => (claim.claimed_by?.id ?? null) === value);
  const passedOn = value === null ? [] : claims.filter((claim) => claim.via?.id === value);
  return h("li", {}, h("details", {},
    h("summary", {}, !own.length && passedOn.length > 0 && "through ", h("bdi", {}, label), row.low !== null && [": ", h("b", {}, bounds(row))]),
    claimList([...new Set([...own, ...passedOn])], titles)));
}

const claimList = (claims, titles) => h("ul", { class: "claims" }, claims.map((claim) => claimLine(claim, titles)));

function claimLine(claim, titles) {
  const stated = claim.low !== null || claim.high !== null;
  return h("li", {},
    h("b", {}, stated ? bounds({ low: claim.low ?? 0, high: claim.high }) : "number not stated"), ` ${spoken(claim.outcome)}, ${spoken(claim.group)}: `,
    h("a", { href: `/incidents/${claim.incident}` }, h("bdi", {}, titles.get(claim.incident) ?? claim.incident.replaceAll("-", " "))),
    claim.via && [", through ", h("bdi", {}, claim.via.label)],
    !claim.counted && [" ", h("span", { class: "tag" }, "not counted")], " ", passages(claim.evidence));
}
