#!/usr/bin/env bash
# The schema of an OGC API - Features collection: GDAL 3.6 finds it only behind a relation spelled `describedBy`.
#
# Expected: the relation is registered with IANA as `describedby`, and relation types are compared without regard to case
# (RFC 8288, 2.1.1). So a client that reads the JSON Schema of a collection has the type of every property from it.
# What happens: with `describedby` GDAL 3.6 never asks for the schema. It takes the types from the first ten items, and a
# number that is null in all of them becomes text, without a warning. With `describedBy` it reads the schema and has a
# number. GDAL 3.12 reads it in both spellings. Debian 12 and many desktops still have 3.6 or older.
# So a collection does well to link its schema twice, in both spellings.
#
# Needs Debian with its package gdal-bin (3.6.2), and python3 with venv for pyogrio, whose wheel has a newer GDAL. It
# printed:
#
#   GDAL 3.6.2   describedby: String, schema asked for: no
#   GDAL 3.12.4  describedby: float64, schema asked for: yes
#   GDAL 3.6.2   describedBy: Real, schema asked for: yes
#   GDAL 3.12.4  describedBy: float64, schema asked for: yes
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
sed -n '/^# printed:$/,/^# Exits/p' "$0" | sed -n 's/^#   //p' >"$folder/expected.txt"
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q pyogrio==0.13.0 numpy

cat >stub.py <<'PY'
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

RELATION, PORT_FILE = sys.argv[1], sys.argv[2]


class Stub(BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        root = f"http://127.0.0.1:{self.server.server_port}"
        path, _, query = self.path.partition("?")
        kind = "application/json"
        if path == "/":
            body = {"title": "Stub", "links": [{"rel": "data", "type": kind, "href": f"{root}/collections"}]}
        elif path in ("/collections", "/collections/floods"):
            one = {
                "id": "floods",
                "links": [
                    {"rel": "items", "type": "application/geo+json", "href": f"{root}/collections/floods/items"},
                    {"rel": RELATION, "type": "application/schema+json", "href": f"{root}/schema"},
                ],
            }
            body = one if path.endswith("floods") else {"collections": [one], "links": []}
        elif path == "/schema":
            kind = "application/schema+json"
            properties = {"name": {"type": "string"}, "depth": {"type": "number"}}
            body = {"type": "object", "properties": {"properties": {"type": "object", "properties": properties}}}
        elif path == "/collections/floods/items":
            kind = "application/geo+json"
            features = [
                {
                    "type": "Feature",
                    "id": number,
                    "geometry": {"type": "Point", "coordinates": [number, 50]},
                    "properties": {"name": f"flood {number}", "depth": 2.5 if number >= 20 else None},
                }
                for number in range(25)
            ]
            limit = next((int(one[6:]) for one in query.split("&") if one.startswith("limit=")), 10)
            body = {"type": "FeatureCollection", "numberMatched": 25, "features": features[:limit], "links": []}
        else:
            self.send_error(404)
            return
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        print(self.path, file=sys.stderr, flush=True)


with HTTPServer(("127.0.0.1", 0), Stub) as server:
    open(PORT_FILE, "w").write(str(server.server_port))
    server.serve_forever()
PY
cat >newer.py <<'PY'
import sys
import pyogrio

found = pyogrio.read_info(sys.argv[1], layer="floods")
version = ".".join(map(str, pyogrio.__gdal_version__))
print(version, dict(zip(found["fields"], found["dtypes"]))["depth"])
PY

asked() { grep -q '^/schema' asked.txt && echo yes || echo no; }

for relation in describedby describedBy; do
    rm -f port
    timeout 60 python3 stub.py "$relation" port 2>asked.txt &
    server=$!
    until [ -s port ]; do sleep 0.1; done
    address="OAPIF:http://127.0.0.1:$(cat port)/"
    type=$(ogrinfo -so "$address" floods 2>/dev/null | sed -n 's/^depth: \([A-Za-z]*\).*/\1/p')
    printf 'GDAL %-7s %s: %s, schema asked for: %s\n' \
        "$(ogrinfo --version | sed 's/GDAL \([0-9.]*\).*/\1/')" "$relation" "$type" "$(asked)"
    : >asked.txt
    read -r version type < <(venv/bin/python newer.py "$address")
    printf 'GDAL %-7s %s: %s, schema asked for: %s\n' "$version" "$relation" "$type" "$(asked)"
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
done | tee seen.txt
diff expected.txt seen.txt
