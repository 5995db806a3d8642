// "This view as data": the URL of what is shown, in every format, and code that fetches it.

import { copyButton } from "./copying.js";
import { at, h } from "./dom.js";
import { t } from "./texts.js";

// Parameters of lists that other formats do not take: feeds hold the newest changes, all other files everything.
const NOT_FOR_FILES = ["limit", "cursor", "count"];
const LEFT_OUT = { "": [], ".atom": ["cursor", "sort", "count"], ".feed.json": ["cursor", "sort", "count"] };

const CODE = {
  fetch: (url) => `const response = await fetch("${url("")}");\nconst { data, meta } = await response.json();`,
  curl: (url) => `curl '${url("")}'`,
  embed: (_, query) => ["figures", "map", "timeline", "quotes"].map((name) =>
    `<iframe src="${location.origin}${address(`/embed/${name}`, query)}" title="${t(`panel.${name}.name`)}" width="100%" height="480" loading="lazy" style="border: 0"></iframe>`).join("\n"),
  pandas: (url) => `import pandas as pd\n\nincidents = pd.read_csv("${url(".csv")}")`,
};

// For MapLibre GL, where the service has tiles.
const tiles = (query) => `map.addSource("incidents", { type: "vector", url: "${location.origin}${address("/v1/tiles/incidents.json", query)}" });
map.addLayer({ id: "incidents", type: "circle", source: "incidents", "source-layer": "incidents" });`;

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
  const code = Object.entries(CODE).map(([name, write]) => [name, write(url, query)]);
  if ("tiles" in at("data").dataset) code.push(["tiles", tiles(without(query, ["limit", "cursor", "sort", "count"]))]);
  at("copies").replaceChildren(...[["URL", url("")], ...code].map(([name, text]) => copyButton(name, text)));
  at("code").hidden = false;
  at("snippets").replaceChildren(...code.map(([name, text]) =>
    h("div", {}, h("h3", {}, name), h("pre", { tabindex: "0", role: "region", "aria-label": t("code.of", { name }) }, h("code", {}, text)))));
}
