// The same questions through two generated clients. They are compiled, and then run against a server.
import { getIncident, listIncidents } from "./heyapi";
import { client } from "./heyapi/client.gen";
import { listIncidents as orvalListIncidents } from "./orval/client";

declare const process: { argv: string[] };

const base = process.argv[2] ?? "";
const send = globalThis.fetch;
globalThis.fetch = (input, init) => send(typeof input === "string" ? new URL(input, base) : input, init);
client.setConfig({ baseUrl: base });

const first = await orvalListIncidents({ q: "kanoos raid", kind: ["joint_raid"], include: ["places", "people"], limit: 1 });
if (first.status !== 200) throw new Error(`${first.status}`);
const raid = first.data.data[0];
console.log("orval", raid?.id, raid?.location?.name);

const second = await listIncidents({
  query: { q: "kanoos raid", kind: ["joint_raid"], include: ["places", "people"], limit: 1 },
});
if (second.data === undefined) throw new Error(second.error.detail);
const found = await getIncident({ path: { id: second.data.data[0]?.id ?? "" } });
console.log("heyapi", found.data?.data.id, found.data?.data.location?.name);

const mistaken = await listIncidents({ query: { place: ["kanoos"] } });
console.log(mistaken.response.status, mistaken.error?.errors?.[0]?.parameter);
