// What a front-end developer writes against the generated types. It is compiled, and then run against a server.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

declare const process: { argv: string[] };

type Incident = components["schemas"]["IncidentDocument"];
type Total = components["schemas"]["TotalDocument"];

const api = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

function shown(total: Total | null): string {
  if (total === null || total.low === null) return "not stated";
  return total.high === null ? `${total.low} or more` : `${total.low} to ${total.high}`;
}

function card(incident: Incident): string {
  const where = incident.location?.name ?? "not on the map";
  const when = incident.date?.edtf ?? "no date";
  return [incident.id, when, where, shown(incident.totals.killed), incident.evidence[0]?.url].join(" | ");
}

const list = await api.GET("/v1/incidents", {
  params: { query: { kind: ["joint_raid"], datetime: "2019/2020", sort: "-killed", limit: 5, include: ["people"] } },
});
if (list.error) throw new Error(list.error.detail);
if ("fields" in list.data) throw new Error("Nothing was to be left out.");
for (const incident of list.data.data) console.log(card(incident));
const people: string[] = (list.data.included?.people ?? []).map((person) => person.label);
const next: string | undefined = list.data.links.next;
console.log(people.length, next ?? "last page");

const one = await api.GET("/v1/incidents/{id}", { params: { path: { id: "kanoos-island-raid" } } });
if (one.error) throw new Error(one.error.detail);
if ("fields" in one.data) throw new Error("Nothing was to be left out.");
console.log(card(one.data.data));

// With `fields`, all but `id`, `type` and `url` may be missing, and the types say so.
const titles = await api.GET("/v1/incidents", { params: { query: { fields: ["title"], limit: 1 } } });
const title: string | undefined = titles.data?.data[0]?.title;
console.log(titles.data?.data[0]?.type, title !== undefined, titles.data && "fields" in titles.data);

const mistaken = await api.GET("/v1/incidents", { params: { query: { place: ["kanoos"] } } });
for (const { parameter, suggestion } of mistaken.error?.errors ?? []) console.log(parameter, suggestion);
