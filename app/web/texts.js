// The words of the page's language around the data, with numbers and dates as that language has them.

const texts = JSON.parse(document.body.dataset.texts);
const { lang } = document.documentElement;
const plural = new Intl.PluralRules(lang);

// A whole number with separators, as `app/api/site/texts.py` writes it. `Intl.NumberFormat` says the same, but takes
// longer to be made ready than all drawings together.
export const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

// A text with values in it. One that has several forms takes that of `count`.
export function t(name, values = {}) {
  const found = texts[name];
  const text = typeof found === "object" ? (found[plural.select(values.count)] ?? found.other) : found;
  return text.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? number(values[key]) : values[key]));
}

// A sum with its bounds: 2–14, 3 or more, up to 12.
export function bounds({ low, high }) {
  if (high === null) return low ? t("number.open", { low }) : t("number.unknown");
  if (low === high) return number(low);
  return low ? t("number.range", { low, high }) : t("number.up_to", { high });
}

const MARKS = { "?": "date.uncertain", "~": "date.about", "%": "date.about_uncertain" };

// One end of a date in words; empty where it is open, null for what has no short words.
function said(end) {
  if (end === "" || end === "..") return "";
  const months = texts["date.months"], match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~%])?$/.exec(end);
  if (!match || (match[2] && !months[match[2] - 1])) return null;
  const [, year, month, day, mark] = match;
  const date = [day && Number(day), month && months[month - 1], year].filter(Boolean).join(" ");
  return mark ? t(MARKS[mark], { date }) : date;
}

// A date as people say it, as `app/api/site/texts.py` does, with what the reporting leaves open.
export function spokenDate(date) {
  if (date === null) return t("date.not_stated");
  const missing = { 4: "date.month_unknown", 7: "date.day_unknown" }[machineDate(date.edtf)?.length];
  return [spokenEdtf(date.edtf), ...openEnds(date).map((end) => t(`date.${end}_not_stated`)), missing && t(missing)].filter(Boolean).join(t("comma"));
}

// A release from before there was such a key has none until the next load.
export const openEnds = (date) => date.open ?? [];

// What filters take where an end is open, and why; empty where nothing is assumed.
export function spokenLimits({ assumed }) {
  if (!assumed) return "";
  const { earliest, latest, reason } = assumed;
  const form = earliest && latest ? "date.limits" : earliest ? "date.limit_start" : "date.limit_end";
  return t(form, { begin: earliest && said(earliest), end: latest && said(latest), reason });
}

// A day, month or year as HTML writes it; null for all else, which HTML has no form for.
const machineDate = (edtf) => (/^\d{4}(-\d{2}(-\d{2})?)?$/.test(edtf) ? edtf : null);

// Any that has no short words stays as it stands.
export function spokenEdtf(edtf) {
  const oneOf = edtf.startsWith("[") && edtf.endsWith("]");
  const text = oneOf ? edtf.slice(1, -1) : edtf;
  if (oneOf && text.includes(",")) {
    const dates = text.split(",").map(said), last = dates.at(-1);
    return dates.every(Boolean) ? t("date.or", { others: dates.slice(0, -1).join(t("comma")), last }) : edtf;
  }
  const split = oneOf ? ".." : "/", kind = oneOf ? "range" : "interval";
  const cut = text.indexOf(split);
  const begin = said(cut < 0 ? text : text.slice(0, cut));
  const end = cut < 0 ? "" : said(text.slice(cut + split.length));
  if (begin === null || end === null || (!begin && !end)) return edtf;
  if (cut < 0) return begin;
  return t(begin && end ? `date.${kind}` : begin ? `date.${kind}_from` : `date.${kind}_until`, { begin, end });
}
