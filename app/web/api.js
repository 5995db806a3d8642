// Asks the API as any other client does.

// What went wrong, in words for people; `lasting` where asking again cannot help.
export class Problem extends Error {
  constructor(message, lasting = false) {
    super(message);
    this.lasting = lasting;
  }
}

export async function get(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The service cannot be reached. Check the connection and try again.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(body?.detail ?? `The service answered ${response.status}.`, response.status < 500);
  if (body === null) throw new Problem("The service's answer broke off. Try again.");
  return body;
}
