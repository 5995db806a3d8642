#!/usr/bin/env bash
# Vector tiles by OGC API - Tiles: GDAL's OGCAPI driver takes the extent of a collection, in degrees, for metres.
#
# Expected: the `extent` of a collection is in CRS84, longitude and latitude, unless its `crs` says otherwise (OGC API -
# Features 1.0, 7.13; the same in OGC API - Tiles), whatever the tiles are in. A client whose tiles are in Web Mercator
# transforms it before it looks up which of them hold the data.
# What happens: its code does that for tiles that are images, but not for vector tiles: 9 to 13 degrees east are 9 to 13
# metres there. It opens the layer and reports no error, asks for the tile where equator and prime meridian cross, and
# has 0 features. Zoom level 0 is right, because it is one tile, so the data seem to vanish as one zooms in.
# With the extent in metres in the open options MINX, MINY, MAXX and MAXY every feature is there.
#
# Needs python3 with venv; the wheel of pyogrio brings GDAL. It printed:
#
#   GDAL 3.12.4, zoom level 0, extent of the collection: 3 features from tile 0/0/0
#   GDAL 3.12.4, zoom level 4, extent of the collection: 0 features from tile 4/8/7
#   GDAL 3.12.4, zoom level 4, extent in metres: 3 features from tile 4/8/5
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
sed -n '/It printed:$/,/^# Exits/p' "$0" | sed -n 's/^#   //p' >"$folder/expected.txt"
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q pyogrio==0.13.0 numpy mapbox-vector-tile==2.2.0

cat >stub.py <<'PY'
"""Three wells near 11 degrees east and 50 degrees north, as tiles of WebMercatorQuad."""

import json, math, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import mapbox_vector_tile

WELLS = [(10.5, 49.8), (11.0, 50.0), (11.5, 50.2)]
HALF = 20037508.3427892
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
CRS = "http://www.opengis.net/def/crs"


def metres(longitude, latitude):
    north = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / math.pi
    return longitude / 180 * HALF, north * HALF


def tile(zoom, column, row):
    side = 2 * HALF / 2**zoom
    west, north = column * side - HALF, HALF - row * side
    inside = []
    for number, place in enumerate(WELLS):
        x, y = metres(*place)
        if west <= x < west + side and north - side < y <= north:
            inside.append({"geometry": f"POINT({x} {y})", "properties": {"number": number}})
    layer = {"name": "wells", "features": inside}
    bounds = (west, north - side, west + side, north)
    return mapbox_vector_tile.encode([layer], default_options={"quantize_bounds": bounds}) if inside else b""


def answer(root, path):
    def link(rel, href, kind="application/json", **more):
        return {"rel": rel, "type": kind, "href": root + href} | more

    matrix_set = {"tileMatrixSetURI": URI, "crs": f"{CRS}/EPSG/0/3857", "dataType": "vector"}
    if path == "/collections/wells":
        return {
            "id": "wells",
            "title": "Wells",
            "extent": {"spatial": {"bbox": [[9, 49, 13, 51]], "crs": f"{CRS}/OGC/1.3/CRS84"}},
            "links": [link("self", path), link(f"{REL}/tilesets-vector", f"{path}/tiles")],
        }
    if path == "/collections/wells/tiles":
        links = [link("self", f"{path}/WebMercatorQuad"), link(f"{REL}/tiling-scheme", "/WebMercatorQuad")]
        return {"tilesets": [matrix_set | {"links": links}]}
    if path == "/collections/wells/tiles/WebMercatorQuad":
        template = f"{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        links = [
            link("self", path),
            link(f"{REL}/tiling-scheme", "/WebMercatorQuad"),
            link("item", template, "application/vnd.mapbox-vector-tile", templated=True),
        ]
        return matrix_set | {"links": links}
    if path == "/WebMercatorQuad":
        matrices = [
            {
                "id": str(zoom),
                "scaleDenominator": 559082264.0287178 / 2**zoom,
                "cellSize": 156543.03392804097 / 2**zoom,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF, HALF],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
            }
            for zoom in range(5)
        ]
        return {"id": "WebMercatorQuad", "uri": URI, "crs": f"{CRS}/EPSG/0/3857", "tileMatrices": matrices}


class Stub(BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        body = answer(f"http://127.0.0.1:{self.server.server_port}", self.path)
        kind, data = "application/json", json.dumps(body).encode()
        if self.path.startswith("/collections/wells/tiles/WebMercatorQuad/"):
            zoom, row, column = map(int, self.path.split("/")[-3:])
            print(f"{zoom}/{column}/{row}", file=sys.stderr, flush=True)
            kind, data = "application/vnd.mapbox-vector-tile", tile(zoom, column, row)
        elif body is None:
            self.send_error(404)
            return
        self.send_response(200 if data else 204)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


with HTTPServer(("127.0.0.1", 0), Stub) as server:
    open("port", "w").write(str(server.server_port))
    server.serve_forever()
PY
cat >count.py <<'PY'
import sys
import pyogrio

source, zoom, *bounds = sys.argv[1:]
options = dict(zip(("MINX", "MINY", "MAXX", "MAXY"), bounds))
_, _, geometries, _ = pyogrio.raw.read(source, layer=f"Zoom level {zoom}", **options)
print(".".join(map(str, pyogrio.__gdal_version__)), len(geometries))
PY

timeout 120 venv/bin/python stub.py 2>>asked.txt &
server=$!
until [ -s port ]; do sleep 0.1; done

count() { # what the extent is, zoom level, bounds
    : >asked.txt
    read -r version features < <(venv/bin/python count.py "OGCAPI:http://127.0.0.1:$(cat port)/collections/wells" "${@:2}")
    printf 'GDAL %s, zoom level %s, %s: %s features from tile %s\n' \
        "$version" "$2" "$1" "$features" "$(tr -d '\0' <asked.txt | sort -u | paste -sd ' ')"
}

{
    count "extent of the collection" 0
    count "extent of the collection" 4
    count "extent in metres" 4 1001875 6274861 1447153 6621294
} | tee seen.txt
diff expected.txt seen.txt
