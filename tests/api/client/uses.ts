// What a front-end developer writes against /client.js and /client.d.ts. It is compiled, and then run against a server.
import { Dateline, ProblemError } from "./client.js";
import type { Fields, IncidentDocument, ListQuery, Page, Picked } from "./client.js";

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

function kinds(query: ListQuery<"incidents">): Promise<Page<"incidents", ["kind"]>> {
  return api.list("incidents", { ...query, include: [], fields: ["kind"] });
}
console.log((await kinds({ granularity: ["series"], limit: 1 })).data[0]?.kind !== undefined);

// All pages, all other operations.
let records = 0;
for await (const page of api.pages("people", { limit: 20, fields: ["label"] })) records += page.data.length;
console.log(records === (await api.list("people", { limit: 1 })).meta.matched);
const facets = await api.read("/v1/facets", { of: "incidents", facet: ["kind"] });
console.log(facets.data["kind"]?.buckets.some((bucket) => bucket.value === "joint_raid"));
const passages = await api.read("/v1/articles/{id}/evidence", { id: "foltyn-us-iran-isis-2020", paragraph: 24, limit: 1 });
console.log(passages.data[0]?.paragraph);
console.log((await api.read("/v1/codebook")).data["IncidentKind"]?.values.length !== 0);

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
  // @ts-expect-error Places are not among what articles include.
  await api.list("articles", { include: ["places"] });
  // @ts-expect-error It was not asked for.
  (await api.list("incidents", { fields: ["title"] })).data[0]?.evidence;
  // @ts-expect-error Nothing was to be included.
  (await api.list("incidents", { fields: ["title"] })).included;
  // @ts-expect-error It may not have been asked for.
  (await api.list("places", { fields: chosen })).data[0]?.aliases.length;
  // @ts-expect-error It needs to know of which list.
  await api.read("/v1/facets", { facet: "kind" });
  // @ts-expect-error It needs the article's id.
  await api.read("/v1/articles/{id}/evidence");
}
