// Runs the client against a server, and prints as JSON what it did: `node behaviour.js BASE`.
import assert from "node:assert/strict";
import { Dateline, ProblemError } from "./client.js";

const [, , base] = process.argv;
let sent = []; // the requests of a case, and how they were answered

/** Sends requests, but for those whose answers are given. */
function sending(...given) {
  sent = [];
  return async (url, init = {}) => {
    const answer = given.shift();
    const response = answer ? new Response(answer.body ?? "", answer) : await fetch(url, init);
    sent.push({ url: String(url), headers: init.headers, status: response.status });
    return response;
  };
}

const statuses = () => sent.map((one) => one.status);
const busy = (after) => ({
  status: 503,
  headers: { "Content-Type": "application/problem+json", ...(after && { "Retry-After": after }) },
  body: JSON.stringify({ type: "about:blank", title: "Unavailable", status: 503, detail: "Later.", instance: "/" }),
});
const problem = (expected) => (error) => {
  assert(error instanceof ProblemError && error instanceof Error && error.name === "ProblemError");
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(error[key], value);
  return true;
};

const cases = {
  async "what has not changed is not sent again"() {
    const api = new Dateline(base, { fetch: sending() });
    const first = await api.list("incidents", { limit: 2 });
    const title = first.data[0].title;
    first.data[0].title = "changed by whoever got it";
    const second = await api.list("incidents", { limit: 2 });
    assert.equal(second.data[0].title, title);
    assert.deepEqual(statuses(), [200, 304]);
    await api.list("incidents", { limit: 3 });
    assert.deepEqual(statuses(), [200, 304, 200]);
  },
  async "only so many answers are kept, those read last"() {
    const api = new Dateline(base, { fetch: sending(), answers: 2 });
    for (const limit of [1, 2, 1, 3, 1, 2]) await api.list("places", { limit });
    assert.deepEqual(statuses(), [200, 200, 304, 200, 304, 200]);
    const none = new Dateline(base, { fetch: sending(), answers: 0 });
    for (const limit of [1, 1]) await none.list("places", { limit });
    assert.deepEqual(statuses(), [200, 200]);
  },
  async "a busy service is asked again when it says"() {
    const api = new Dateline(base, { fetch: sending(busy("1"), busy(new Date(Date.now() + 1500).toUTCString())) });
    const began = Date.now();
    assert.equal((await api.get("places", "kanoos-island")).data.id, "kanoos-island");
    assert.deepEqual(statuses(), [503, 503, 200]);
    assert(Date.now() - began >= 1000);
  },
  async "it gives up, and says why"() {
    const later = { status: 503, problem: { type: "about:blank", title: "Unavailable", status: 503, detail: "Later.", instance: "/" } };
    await assert.rejects(new Dateline(base, { fetch: sending(busy()) }).list("places"), problem(later));
    assert.deepEqual(statuses(), [503]);
    await assert.rejects(new Dateline(base, { fetch: sending(busy("61")) }).list("places"), problem(later));
    assert.deepEqual(statuses(), [503]);
    const fetch = sending(busy("0"), busy("0"), busy("0"));
    await assert.rejects(new Dateline(base, { fetch, retries: 2 }).list("places"), problem(later));
    assert.deepEqual(statuses(), [503, 503, 503]);
  },
  async "mistakes have their problem document"() {
    const api = new Dateline(base, { fetch: sending() });
    await assert.rejects(api.list("incidents", { kidn: "raid" }), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.problem.errors[0].suggestion, "kind");
      assert.equal(error.message, error.problem.detail);
      return true;
    });
    assert.deepEqual(statuses(), [400]);
    const page = { status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" };
    await assert.rejects(new Dateline(base, { fetch: sending(page) }).list("places"), problem({ status: 502, problem: null }));
    const broken = { status: 500, headers: { "Content-Type": "application/problem+json" }, body: "{" };
    await assert.rejects(new Dateline(base, { fetch: sending(broken) }).list("places"), problem({ status: 500, problem: null }));
  },
  async "a signal ends a request and a wait"() {
    const ended = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(new Dateline(base).list("places", {}, { signal: ended }), /never mind/);
    const controller = new AbortController();
    const waiting = new Dateline(base, { fetch: sending(busy("30")) }).list("places", {}, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(waiting, { name: "AbortError" });
    assert.deepEqual(statuses(), [503]);
  },
  async "pages follow each other until the last"() {
    const api = new Dateline(base, { fetch: sending() });
    const ids = [];
    for await (const page of api.pages("incidents", { limit: 15, fields: ["title"], kind: undefined })) {
      ids.push(...page.data.map((one) => one.id));
      assert.deepEqual(page.fields, ["title"]);
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, (await api.list("incidents", { limit: 1 })).meta.matched);
    const before = sent.length;
    for await (const _ of api.pages("people", { limit: 1 })) break;
    assert.equal(sent.length, before + 1);
  },
  async "addresses are written as the service reads them"() {
    const seen = { status: 200, body: "{}" };
    const api = new Dateline("https://news.example/dateline/", { fetch: sending(seen, seen, seen) });
    await api.read("/v1/articles/{id}/evidence", { id: "a/b", paragraph: [1, 2], limit: null });
    await api.list("incidents", { place: ["a", "b"], q: "a & b", has_location: true });
    await api.get("places", "x");
    assert.deepEqual(
      sent.map((one) => one.url),
      [
        "https://news.example/dateline/v1/articles/a%2Fb/evidence?paragraph=1&paragraph=2",
        "https://news.example/dateline/v1/incidents?place=a&place=b&q=a+%26+b&has_location=true",
        "https://news.example/dateline/v1/places/x",
      ],
    );
  },
};

for (const [name, run] of Object.entries(cases)) {
  await run();
  console.log(name);
}
