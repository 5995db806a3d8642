"""OGC API - Features, so that QGIS, GDAL and other map programs open incidents and places by URL.

Part 1 (core, GeoJSON, OpenAPI 3.0) and Part 2 with the one reference system that everything here is in, CRS84. The
rows are those of `/v1` under the standard's own rule: a feature without a point matches every `bbox`, one without a
date every `datetime`.
"""
