// The page of a record: a button beside each text that is there to be copied.

import { copyButton } from "./copying.js";
import { at } from "./dom.js";

for (const place of document.querySelectorAll("[data-copy]")) {
  place.append(copyButton(place.dataset.name, at(place.dataset.copy).textContent));
}
