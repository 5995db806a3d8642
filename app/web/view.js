// What a page shows: the filters in its address, the incident that is chosen, the one that is pointed at.
//
// Every panel gets the same view. A panel's module has one function, `mount(element, view)`, which draws into its
// element now and whenever what it listens to changes.

import { get } from "./api.js";
import { address, without } from "./data.js";

const SHAPING = ["fields", "include", "lang"]; // parameters of lists that choose nothing
const PAGING = ["limit", "cursor", "sort", "count"];

export class View {
  #listeners = { filters: [], choice: [], mark: [] };
  #answers = new Map();
  #stop = new AbortController();
  #shown = location.search;
  marked = null;

  constructor() {
    addEventListener("popstate", () => (location.search === this.#shown ? this.#tell("choice") : this.#changed()));
  }

  // The parameters of the address that the API takes under the same names; empty ones are left out.
  get query() {
    const found = without(location.search, SHAPING);
    return new URLSearchParams([...found].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  }

  // Those that choose records.
  get filters() {
    return without(this.query, PAGING);
  }

  // Aborted as soon as other filters are asked for.
  get signal() {
    return this.#stop.signal;
  }

  // An answer of the API. Panels that ask for the same share it, until other filters are asked for.
  get(url) {
    if (!this.#answers.has(url)) {
      const asked = get(url, this.signal);
      asked.catch(() => this.#answers.delete(url));
      this.#answers.set(url, asked);
    }
    return this.#answers.get(url);
  }

  // The address of this view with one filter set to other values.
  url(name, values) {
    const found = without(this.query, [name, "cursor"]);
    for (const value of values) found.append(name, value);
    return this.address(found);
  }

  // The address of the view of a query, or of another page, in the language that this page was asked for in.
  address(query, path = location.pathname) {
    const found = new URLSearchParams(query), lang = new URLSearchParams(location.search).get("lang");
    if (lang) found.set("lang", lang);
    return address(path, found);
  }

  go(query) {
    if (`${query}` === `${this.query}`) return;
    history.pushState(null, "", this.address(query));
    this.#changed();
  }

  // What stands behind the # of the address: what is chosen, and how panels are set, which the API knows nothing of.
  get settings() {
    return new URLSearchParams(location.hash.slice(1));
  }

  set(name, value, { newEntry = false } = {}) {
    const found = this.settings;
    if (value === null) found.delete(name);
    else found.set(name, value);
    const url = `${location.pathname}${location.search}${found.size ? `#${found}` : ""}`;
    history[newEntry ? "pushState" : "replaceState"](null, "", url);
  }

  get chosen() {
    return this.settings.get("incident");
  }

  choose(id) {
    if (id === this.chosen) return;
    this.set("incident", id, { newEntry: true });
    this.#tell("choice");
  }

  mark(id) {
    if (id === this.marked) return;
    this.marked = id;
    this.#tell("mark");
  }

  // "filters": others are asked for; "choice": another incident is chosen; "mark": another one is pointed at.
  on(event, listener) {
    this.#listeners[event].push(listener);
  }

  #changed() {
    this.#shown = location.search;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#answers.clear();
    this.#tell("filters");
    this.#tell("choice");
  }

  #tell(event) {
    for (const listener of this.#listeners[event]) listener();
  }
}
