// What each screen asks for: one request, and the type of its answer follows from the query.
import { Dateline, type ListQuery } from "./client.js";

const api = new Dateline(new URLSearchParams(location.search).get("api") ?? "");

/** What narrows a list down, as the address of the page has it. */
export type Filters = Pick<ListQuery<"incidents">, "kind" | "datetime" | "cursor">;

export const overview = (filters: Filters, signal: AbortSignal) =>
  api.list(
    "incidents",
    {
      ...filters,
      fields: ["title", "kind", "date", "totals.killed", "contested"],
      include: ["quotes"],
      "fields[quotes]": ["text", "speaker", "incidents", "date"],
      evidence: "none",
      facets: ["kind", "month"],
      totals: true,
      limit: 100,
    },
    { signal },
  );

export const incident = (id: string, signal: AbortSignal) =>
  api.get("incidents", id, { include: ["quotes", "statements"], evidence: "none" }, { signal });

export const said = (filters: Pick<Filters, "datetime" | "cursor">, signal: AbortSignal) =>
  api.list(
    "quotes",
    { ...filters, sort: "date", fields: ["text", "speaker", "incidents", "date"], evidence: "none", limit: 100 },
    { signal },
  );

export const claims = (cursor: string | undefined, signal: AbortSignal) =>
  api.list(
    "casualties",
    {
      ...(cursor === undefined ? {} : { cursor }),
      sort: "date",
      fields: ["incident", "outcome", "low", "high", "claimed_by", "organization", "people"],
      evidence: "none",
      totals: true,
      limit: 100,
    },
    { signal },
  );

export const everywhere = (signal: AbortSignal) =>
  api.read("/v1/incidents.geojson", { fields: ["title", "kind", "date.earliest", "totals.killed"] }, { signal });

export type Answer<F extends (...given: never[]) => Promise<unknown>> = Awaited<ReturnType<F>>;
