// Asks the service as any other client does, in the language of the page: the API for JSON, a panel for HTML.

import { t } from "./texts.js";

// What went wrong, in words for people; `lasting` where asking again cannot help.
export class Problem extends Error {
  constructor(message, lasting = false) {
    super(message);
    this.lasting = lasting;
  }
}

// Answers that the service gave from memory because its database could not be read.
const stale = new WeakSet();
export const isStale = (answer) => stale.has(answer);

export const get = (url, signal) => answer(url, signal, "application/json", (response) => response.json());

// A panel as a document. What goes wrong is asked for as JSON, for its words.
export const getHtml = (url, signal) => answer(url, signal, "text/html;q=0.5, application/json", async (response) =>
  new DOMParser().parseFromString(await response.text(), "text/html"));

async function answer(url, signal, accepted, read) {
  let response;
  try {
    response = await fetch(url, { signal, headers: { Accept: accepted, "Accept-Language": document.documentElement.lang } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(t("problem.unreachable"));
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    throw new Problem(problem?.detail ?? t("problem.status", { status: response.status }), response.status < 500);
  }
  try {
    const body = await read(response);
    if (response.headers.get("Cache-Status")?.includes("detail=stale")) stale.add(body);
    return body;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(t("problem.broken_off"));
  }
}
