// "This view as data": the URL of what is shown, in every format, and code that fetches it.

import { at, h } from "./dom.js";

// Parameters of lists that other formats do not take: feeds hold the newest changes, all other files everything.
const NOT_FOR_FILES = ["limit", "cursor", "count"];
const LEFT_OUT = { "": [], ".atom": ["cursor", "sort", "count"], ".feed.json": ["cursor", "sort", "count"] };

const CODE = {
  fetch: (url) => `const response = await fetch("${url("")}");\nconst { data, meta } = await response.json();`,
  curl: (url) => `curl '${url("")}'`,
  pandas: (url) => `import pandas as pd\n\nincidents = pd.read_csv("${url(".csv")}")`,
};

export function without(query, names) {
  const found = new URLSearchParams(query);
  for (const name of names) found.delete(name);
  return found;
}

export const address = (path, query) => (query.size ? `${path}?${query}` : path);

export function showData(query) {
  const path = (suffix) => address(`/v1/incidents${suffix}`, without(query, LEFT_OUT[suffix] ?? NOT_FOR_FILES));
  const url = (suffix) => location.origin + path(suffix);
  at("data-url").textContent = path("");
  for (const link of document.querySelectorAll("#formats a")) link.href = path(link.dataset.suffix);
  const code = Object.entries(CODE).map(([name, write]) => [name, write(url)]);
  at("copies").replaceChildren(...[["URL", url("")], ...code].map(([name, text]) => copyButton(name, text)));
  at("code").hidden = false;
  at("snippets").replaceChildren(...code.map(([name, text]) =>
    h("div", {}, h("h3", {}, name), h("pre", { tabindex: "0", role: "region", "aria-label": `${name} code` }, h("code", {}, text)))));
}

function copyButton(name, text) {
  const label = `Copy ${name}`;
  const button = h("button", { type: "button", onclick: copy }, label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  }
  return button;
}
