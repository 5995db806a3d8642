// What a front-end developer writes against /client.js and /client.d.ts. It is compiled, and then run against a server.
import { Dateline, ProblemError } from "./client.js";
import type { Fields, IncidentDocument, ListQuery, Page, Picked, TotalDocument } from "./client.js";

declare const process: { argv: string[] };

// Compiles only if both types are the same.
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_ extends true>() => undefined;

const api = new Dateline(process.argv[2] ?? "");

// Whole records, as their own type.
const whole = await api.list("incidents", { kind: "joint_raid", datetime: "2019/2020", sort: "-killed", limit: 2 });
const first: IncidentDocument | undefined = whole.data[0];
console.log(whole.data.length, first?.id, first?.evidence[0]?.paragraph);

// Picked ones have what was asked for, and what every record has.
const picked = await api.list("incidents", { place: ["kanoos-island"], fields: ["title", "date"], include: ["people"] });
same<Same<keyof (typeof picked.data)[number], "id" | "type" | "url" | "title" | "date">>();
same<Same<(typeof picked.fields)[number], "title" | "date">>();
same<Same<(typeof picked.data)[number], Picked<IncidentDocument, ["title", "date"]>>>();
for (const { id, title, date } of picked.data) console.log(id, title.length > 0, date?.edtf ?? "no date");
const labels: string[] = picked.included.people.map((person) => person.label);
console.log(labels.length > 0);

const detail = await api.get("incidents", "kanoos-island-raid", { fields: ["totals"], include: ["quotes", "places"] });
console.log(detail.data.totals.killed?.low, detail.included.places.length > 0, detail.meta.release);

// What is chosen at run time may be there.
const chosen: Fields<"places"> = first ? ["name"] : ["kind", "aliases"];
const places = await api.list("places", { fields: chosen, limit: 1 });
const name: string | undefined = places.data[0]?.name;
console.log(name !== undefined);
const either = await api.list("places", { fields: [first ? "name" : "kind", "note"], limit: 1 });
same<Same<(typeof either.data)[number]["name"], string | undefined>>();
same<Same<(typeof either.data)[number]["note"], string | null>>();

function kinds(query: ListQuery<"incidents">): Promise<Page<"incidents", { fields: ["kind"]; evidence: "full" }>> {
  return api.list("incidents", { ...query, include: [], fields: ["kind"], evidence: "full" });
}
console.log((await kinds({ granularity: ["series"], limit: 1 })).data[0]?.kind !== undefined);

// Keys in objects, also in those of lists, stand where they do in the whole record; null stays null.
const dotted = await api.list("incidents", {
  fields: ["date.earliest", "date.latest", "totals.killed", "casualties.low"],
  place: "kanoos-island",
});
type Dotted = (typeof dotted.data)[number];
same<Same<keyof Dotted, "id" | "type" | "url" | "date" | "totals" | "casualties">>();
same<Same<Dotted["date"], { earliest: string | null; latest: string | null } | null>>();
same<Same<Dotted["totals"], { killed: TotalDocument | null }>>();
same<Same<Dotted["casualties"], { low: number | null }[]>>();
for (const one of dotted.data) if (one.date && Object.keys(one.date).join() !== "earliest,latest") console.log(false);
console.log(dotted.data.some((one) => (one.totals.killed?.low ?? 0) > 0 && one.casualties.length > 0));
const some = await api.list("incidents", { fields: ["date.earliest", first ? "date.latest" : "date"], limit: 1 });
same<Same<NonNullable<(typeof some.data)[number]["date"]>["earliest"], string | null>>();
same<Same<NonNullable<(typeof some.data)[number]["date"]>["edtf"], string | undefined>>();
const single = await api.list("incidents", { fields: "title", limit: 1 });
same<Same<keyof (typeof single.data)[number], "id" | "type" | "url" | "title">>();
const oneOfTwo = await api.list("incidents", { fields: first ? ["title"] : ["kind"], limit: 1 });
console.log(oneOfTwo.data.every((one) => "title" in one && one.title.length > 0));

// Included records are thinned in the same way, and the passages of all of them left out or counted.
const screen = await api.list("incidents", {
  fields: ["title", "casualties"],
  include: ["quotes", "places"],
  "fields[quotes]": ["text", "speaker.label"],
  evidence: "none",
  limit: 100,
});
same<Same<(typeof screen.included.quotes)[number]["speaker"], { label: string }>>();
same<Same<"evidence" extends keyof (typeof screen.included.places)[number] ? true : false, false>>();
same<Same<"evidence" extends keyof (typeof screen.data)[number]["casualties"][number] ? true : false, false>>();
console.log(screen.included.quotes.every((quote) => quote.text.length > 0 && quote.speaker.label.length > 0));
console.log(screen.included.places.some((place) => place.kind === "village"), screen.fields.length === 2);
const counted = await api.get("incidents", "kanoos-island-raid", { evidence: "count", include: ["people"] });
const passagesOfIt: number = counted.data.evidence_count + (counted.data.casualties[0]?.evidence_count ?? 0);
console.log(passagesOfIt > 1, counted.included.people.every((person) => person.evidence_count > 0));
async function asChosen(query: ListQuery<"incidents">): Promise<string | null | undefined> {
  return (await api.list("incidents", query)).data[0]?.date?.earliest;
}
console.log((await asChosen({ fields: ["date.edtf"], limit: 1 })) === undefined);

// All pages, all other operations.
let records = 0;
for await (const page of api.pages("people", { limit: 20, fields: ["label"] })) records += page.data.length;
console.log(records === (await api.list("people", { limit: 1 })).meta.matched);
const facets = await api.read("/v1/facets", { of: "incidents", facet: ["kind"] });
console.log(facets.data["kind"]?.buckets.some((bucket) => bucket.value === "joint_raid"));
const passages = await api.read("/v1/articles/{id}/evidence", { id: "foltyn-us-iran-isis-2020", paragraph: 24, limit: 1 });
console.log(passages.data[0]?.paragraph);
console.log((await api.read("/v1/codebook")).data.vocabularies["incident.kind"]?.values.length !== 0);

// Mistakes are exceptions with the problem document in them.
try {
  await api.get("places", "kanoos-iland");
} catch (error) {
  if (!(error instanceof ProblemError)) throw error;
  console.log(error.status, error.problem?.title);
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error There is no such list.
  await api.list("incident");
  // @ts-expect-error There is no such kind.
  await api.list("incidents", { kind: ["joint-raid"] });
  // @ts-expect-error There is no such parameter.
  await api.list("incidents", { kin: ["joint_raid"] });
  // @ts-expect-error There is no such field.
  await api.list("incidents", { fields: ["titel"] });
  // @ts-expect-error Quotes are not among what articles include.
  await api.list("articles", { include: ["quotes"] });
  // @ts-expect-error It was not asked for.
  (await api.list("incidents", { fields: ["title"] })).data[0]?.evidence;
  // @ts-expect-error Nothing was to be included.
  (await api.list("incidents", { fields: ["title"] })).included;
  // @ts-expect-error It may not have been asked for.
  (await api.list("places", { fields: chosen })).data[0]?.aliases.length;
  // @ts-expect-error There is no such key in a date.
  await api.list("incidents", { fields: ["date.erliest"] });
  // @ts-expect-error Only the first day was asked for.
  (await api.list("incidents", { fields: ["date.earliest"] })).data[0]?.date?.latest;
  // @ts-expect-error Quotes have no title.
  await api.list("incidents", { include: ["quotes"], "fields[quotes]": ["title"] });
  // @ts-expect-error Nobody asked for the kind of the quotes.
  (await api.list("incidents", { include: ["quotes"], "fields[quotes]": ["text"] })).included.quotes[0]?.kind;
  // @ts-expect-error There is no such parameter beside one that there is.
  await api.list("incidents", { kind: ["joint_raid"], kin: ["joint_raid"] });
  // @ts-expect-error The passages were left out.
  (await api.list("incidents", { evidence: "none" })).data[0]?.evidence;
  // @ts-expect-error They were counted instead.
  (await api.get("quotes", "x", { evidence: "count" })).data.evidence;
  // @ts-expect-error It needs to know of which list.
  await api.read("/v1/facets", { facet: "kind" });
  // @ts-expect-error It needs the article's id.
  await api.read("/v1/articles/{id}/evidence");
}
