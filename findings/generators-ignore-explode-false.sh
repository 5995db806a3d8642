#!/usr/bin/env bash
# Generated clients and `explode: false`.
#
# OpenAPI 3.1 (Parameter Object): an array with `style: form` and `explode: false` is one parameter, its values joined by
# commas: fields=title,year. Only `explode: true` repeats the name: shelf=a&shelf=b.
#
# One expects that the same document makes every generated client send the same request. It does not: orval (its fetch
# client) and openapi-python-client repeat the name in both cases, without a warning; @hey-api/openapi-ts keeps to the
# document. A server that reads one comma-joined value and takes the last of a repeated parameter answers a question that
# nobody asked, with status 200. Whoever documents joined lists should accept the repeated form as well.
#
# Needs Node.js 20, npm, Python 3.11 and both registries. Ends with 1 when the behaviour is another. Seen on 2026-11-28:
#
#   orval 7.13.2                 /books?fields=title&fields=year&shelf=a&shelf=b
#   openapi-python-client 0.29.1 /books?fields=title&fields=year&shelf=a&shelf=b
#   @hey-api/openapi-ts 0.95.0   /books?fields=title,year&shelf=a&shelf=b
set -euo pipefail
export LC_ALL=C

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >openapi.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Shelf", "version": "1"}, "paths": {"/books": {"get": {
  "operationId": "listBooks", "tags": ["books"],
  "parameters": [
    {"name": "fields", "in": "query", "style": "form", "explode": false,
     "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "shelf", "in": "query", "style": "form", "explode": true,
     "schema": {"type": "array", "items": {"type": "string"}}}],
  "responses": {"200": {"description": "Titles", "content": {"application/json": {
    "schema": {"type": "array", "items": {"type": "string"}}}}}}}}}}
JSON
cat >package.json <<'JSON'
{"private": true, "type": "module"}
JSON
cat >asked.ts <<'TS'
import { listBooks as byOrval } from "./orval/client";
import { listBooks as byHeyApi } from "./heyapi";
import { client } from "./heyapi/client.gen";

let asked = "";
globalThis.fetch = async (input: any) => {
  asked = typeof input === "string" ? input : input.url.replace("http://shelf.example", "");
  return new Response("[]", { headers: { "Content-Type": "application/json" } });
};
client.setConfig({ baseUrl: "http://shelf.example" });
const question = { fields: ["title", "year"], shelf: ["a", "b"] };
await byOrval(question);
console.log(`orval 7.13.2                 ${asked}`);
await byHeyApi({ query: question });
console.log(`@hey-api/openapi-ts 0.95.0   ${asked}`);
TS
cat >asked.py <<'PY'
import httpx
from shelf_client import Client
from shelf_client.api.books import list_books

asked = []


def answer(request: httpx.Request) -> httpx.Response:
    asked.append(str(request.url).removeprefix("http://shelf.example"))
    return httpx.Response(200, json=[])


client = Client("http://shelf.example", httpx_args={"transport": httpx.MockTransport(answer)})
list_books.sync(client=client, fields=["title", "year"], shelf=["a", "b"])
print(f"openapi-python-client 0.29.1 {asked[0]}")
PY

{
    npm install --ignore-scripts --no-audit --no-fund \
        orval@7.13.2 @hey-api/openapi-ts@0.95.0 typescript@5.9.3 esbuild@0.25.12
    node_modules/.bin/orval --input ./openapi.json --output ./orval/client.ts --client fetch
    node_modules/.bin/openapi-ts -i openapi.json -o heyapi -c @hey-api/client-fetch
    node_modules/.bin/esbuild asked.ts --bundle --format=esm --outfile=asked.js
    python3 -m venv environment
    environment/bin/pip install openapi-python-client==0.29.1
    PATH="$PWD/environment/bin:$PATH" openapi-python-client generate --path openapi.json --output-path made
} >install.log 2>&1 || { cat install.log; exit 2; }

{ node asked.js; PYTHONPATH=made environment/bin/python asked.py; } | tee asked.txt

echo "expected of all three: /books?fields=title,year&shelf=a&shelf=b"
diff <(sort asked.txt) - <<'SEEN' && echo "As seen before."
@hey-api/openapi-ts 0.95.0   /books?fields=title,year&shelf=a&shelf=b
openapi-python-client 0.29.1 /books?fields=title&fields=year&shelf=a&shelf=b
orval 7.13.2                 /books?fields=title&fields=year&shelf=a&shelf=b
SEEN
