// The incidents that are drawn one by one: the newest of the view.

import { address } from "./data.js";

const MOST = 500;
const DRAWN = "title,kind,date,location,totals";

export function incidents(view) {
  const asked = new URLSearchParams(view.filters);
  asked.set("limit", MOST);
  asked.set("fields", DRAWN);
  return view.get(address("/v1/incidents", asked));
}
