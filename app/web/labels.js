// What the codebook of the page's release says of its values. A value that came later is printed as it stands.

import { at } from "./dom.js";

const codebook = JSON.parse(at("main").dataset.codebook);

export const has = (vocabulary, value, property) => codebook[vocabulary]?.[value]?.properties.includes(property) ?? false;

export const having = (vocabulary, property) => Object.keys(codebook[vocabulary] ?? {}).filter((value) => has(vocabulary, value, property));
