// What the compiler must refuse: each mistake stands under a line that expects an error.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const api = createClient<paths>({ baseUrl: "" });

// @ts-expect-error There is no such path.
await api.GET("/v1/incident");

// @ts-expect-error There is no such kind.
await api.GET("/v1/incidents", { params: { query: { kind: ["joint-raid"] } } });

// @ts-expect-error There is no such parameter.
await api.GET("/v1/places", { params: { query: { kin: ["village"] } } });

// @ts-expect-error With `fields` there may be no evidence.
(await api.GET("/v1/incidents", { params: { query: { fields: ["title"] } } })).data?.data[0]?.evidence.length;

// @ts-expect-error A place has no title.
(await api.GET("/v1/places/{id}", { params: { path: { id: "kanoos" } } })).data?.data.title;

// @ts-expect-error Nobody can write.
await api.POST("/v1/incidents");
