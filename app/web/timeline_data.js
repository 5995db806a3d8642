// What a timeline shows of a view: how many incidents, and how many killed, certainly and possibly fall into each day,
// month, year or decade of the whole time, whatever part of it is chosen; and incidents one by one where they are few.

import { Problem } from "./api.js";
import { address, without } from "./data.js";
import { incidents } from "./incidents.js";

const DAYS = 100, MONTHS = 480; // how many of them are told apart at most
const DAY_MS = 86_400_000;
const OUTCOME = "killed";

export async function ask(view) {
  const [page, years] = await Promise.all([incidents(view), count(view, "incidents", "year").catch(coarser(view))]);
  const unit = unitFor(years);
  const [counted, harmed] = await Promise.all([
    unit === years.unit ? years : count(view, "incidents", unit),
    // Filters that claims do not take leave the figures out. Only what is drawn is asked for: sums of all outcomes are
    // half a megabyte where there are many months.
    count(view, "casualties", unit, [["sums", "true"], ...(view.filters.has("outcome") ? [] : [["outcome", OUTCOME]])]).catch((error) => { if (error instanceof Problem) return null; throw error; }),
  ]);
  return { ...page, counted, harmed: harmed && sums(harmed) };
}

const coarser = (view) => (error) => {
  if (error instanceof Problem && error.lasting) return count(view, "incidents", "decade");
  throw error;
};

async function count(view, of, unit, more = []) {
  const filters = without(view.filters, ["date_match"]);
  const chosen = filters.has("datetime") ? [["facet_except", "datetime"]] : [];
  const { data } = await view.get(address("/v1/facets", new URLSearchParams([["of", of], ["facet", unit], ...chosen, ...more, ...filters])));
  return { unit, ...data[unit] };
}

function unitFor({ unit, buckets }) {
  if (unit !== "year" || !buckets.length) return unit;
  const days = (Date.parse(buckets.at(-1).latest) - Date.parse(buckets[0].earliest)) / DAY_MS;
  return days <= DAYS ? "day" : days / 30.4 <= MONTHS ? "month" : "year";
}

function sums({ unit, buckets }) {
  const found = buckets.map(({ sums: rows = [], ...bucket }) => {
    const sum = rows.find(({ by }) => by.outcome.value === OUTCOME);
    return { ...bucket, low: sum?.low ?? 0, high: sum ? sum.high ?? sum.low : 0, label: sum?.by.outcome.label };
  });
  return found.some(({ high }) => high) ? { unit, buckets: found } : null;
}
