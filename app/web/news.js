// A release that is published while somebody reads is announced, never swapped under their hands. The stream of changes
// tells of it; where that has no room for another listener, the list of releases is looked at now and then.

import { get } from "./api.js";
import { at, h } from "./dom.js";
import { t } from "./texts.js";

const QUIET_MS = 3000; // what the page itself loads comes first
const POLL_MS = 60_000;
const place = at("news");
const shown = Number(place.dataset.release);
let stream = null, timer = null;

function announce(number) {
  if (number <= shown) return;
  place.replaceChildren(t("release.newer", { number }), " ", h("a", { href: location.href, onclick: (event) => { event.preventDefault(); location.reload(); } }, t("release.show")));
  stop();
}

function listen() {
  stream = new EventSource("/v1/changes/stream?type=article");
  stream.addEventListener("release", ({ data }) => announce(JSON.parse(data).number));
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    stream = null;
    timer = setInterval(() => get("/v1/releases?limit=1").then(({ data }) => announce(data[0]?.number ?? 0), () => {}), POLL_MS);
  });
}

function stop() {
  stream?.close();
  stream = null;
  clearTimeout(timer);
  clearInterval(timer);
}

// A tab that nobody looks at holds no connection.
function follow() {
  stop();
  if (!document.hidden && !place.childNodes.length) timer = setTimeout(listen, QUIET_MS);
}

document.addEventListener("visibilitychange", follow);
addEventListener("pagehide", stop);
follow();
