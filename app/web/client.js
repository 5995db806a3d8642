// @ts-self-types="./client.d.ts"
// Dateline's client: an ES module without dependencies, for browsers and Node.js 20 or newer. Its types and their
// documentation are in client.d.ts.

/** An answer other than 2xx. `problem` is its problem document (RFC 9457); null where something between sent no such. */
export class ProblemError extends Error {
  name = "ProblemError";

  constructor(status, url, problem) {
    super(problem?.detail ?? `${url} was answered with ${status}.`);
    Object.assign(this, { status, url, problem });
  }
}

export class Dateline {
  #base;
  #settings;
  #answers = new Map(); // URL -> ETag and text, the one that was read last at the end

  constructor(base = new URL(".", import.meta.url), settings = {}) {
    this.#base = String(base).replace(/\/+$/, "");
    // A browser has a cache of its own, whose conditional requests need no preflight.
    const answers = typeof location === "undefined" ? 100 : 0;
    this.#settings = { fetch: globalThis.fetch, retries: 3, longestWait: 60, answers, ...settings };
  }

  list(name, query, options) {
    return this.read(`/v1/${name}`, query, options);
  }

  get(name, id, query, options) {
    return this.read(`/v1/${name}/{id}`, { ...query, id }, options);
  }

  async *pages(name, query, options) {
    let page = await this.list(name, query, options);
    yield page;
    while (page.links.next) {
      page = await this.#json(page.links.next, options);
      yield page;
    }
  }

  async read(path, query, options) {
    const others = { ...query };
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
      const value = others[name];
      delete others[name];
      return encodeURIComponent(value);
    });
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(others))
      for (const one of [value].flat()) if (one != null) parameters.append(name, one);
    const search = String(parameters);
    return this.#json(search ? `${filled}?${search}` : filled, options);
  }

  async #json(path, { signal } = {}) {
    const { fetch, retries, longestWait } = this.#settings;
    const url = this.#base + path;
    for (let attempt = 0; ; attempt++) {
      const known = this.#answers.get(url);
      const response = await fetch(url, { signal, headers: known ? { "If-None-Match": known.etag } : {} });
      if (known && response.status === 304) return JSON.parse(this.#keep(url, known).text);
      const text = await response.text();
      if (response.ok) return JSON.parse(this.#keep(url, { etag: response.headers.get("ETag"), text }).text);
      const seconds = secondsUntil(response.headers.get("Retry-After"));
      if (![429, 503].includes(response.status) || attempt >= retries || !(seconds <= longestWait))
        throw new ProblemError(response.status, url, problemIn(response, text));
      await pause(seconds, signal);
    }
  }

  #keep(url, answer) {
    this.#answers.delete(url);
    if (answer.etag) this.#answers.set(url, answer);
    if (this.#answers.size > this.#settings.answers) this.#answers.delete(this.#answers.keys().next().value);
    return answer;
  }
}

/** The seconds that `Retry-After` asks for, as a number or as a date; NaN where it is absent. */
function secondsUntil(field) {
  if (field === null) return NaN;
  return Math.max(0, /^\d+$/.test(field) ? Number(field) : (Date.parse(field) - Date.now()) / 1000);
}

function problemIn(response, text) {
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", done);
  });
}
