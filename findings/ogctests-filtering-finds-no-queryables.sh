#!/usr/bin/env bash
# Conformance tests of filtering (OGC API - Features, Part 3) that no server passes.
#
# Part 3 lets a client find a collection's queryables by a `Link` header (RFC 8288) whose relation is
# http://www.opengis.net/def/rel/ogc/1.0/queryables. ogctests, the only suite in Python's registry that tests filtering,
# reads that header in two tests: one looks for the relation, the next requests the address that was stored.
#
# One expects that the suite passes on a server that sends such a header, and that a red run means a fault of the server.
# It does not: its reader stores the address as `iri`, with the angle brackets, while the tests take `href`, which is
# never there; and it keeps the quotes around a relation, so that only one without quotes is found at all. The request for
# queryables therefore goes to no address, and the tests of filters, which need what it finds, fail after it. Whoever
# wants to show that filtering conforms has to test it otherwise.
#
# Needs Python 3.11 and its registry. Ends with 1 when the behaviour is another. Seen on 2026-11-30:
#
#   ogctests 0.1.15
#   quoted relation    found: 0   addresses: []
#   unquoted relation  found: 1   addresses: [None]
set -euo pipefail
export LC_ALL=C

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv environment
environment/bin/pip install --quiet ogctests==0.1.15

cat >read.py <<'PY'
from importlib.metadata import version

from ogctests.features.filtering.utils import parse_link_header

relation = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
headers = {
    "quoted relation": f'<https://shelf.example/collections/books/queryables>; rel="{relation}"',
    "unquoted relation": f"<https://shelf.example/collections/books/queryables>; rel={relation}",
}
print("ogctests", version("ogctests"))
for name, header in headers.items():
    links = [link for link in parse_link_header(header) if link.get("rel") == relation]
    print(f"{name:18} found: {len(links)}   addresses: {[link.get('href') for link in links]}")
PY
environment/bin/python read.py >seen
cat seen
diff - seen <<'SEEN'
ogctests 0.1.15
quoted relation    found: 0   addresses: []
unquoted relation  found: 1   addresses: [None]
SEEN
