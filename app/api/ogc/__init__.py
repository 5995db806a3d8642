"""OGC API - Features, so that QGIS, GDAL and other map programs open incidents and places by URL.

Implements Part 1 (core, GeoJSON, OpenAPI 3.0) and Part 2 with one coordinate reference system, CRS84. The features are
the records of `/v1`, filtered by the standard's rule: a feature without a point matches every `bbox`, a feature
without a date every `datetime`. Of Part 3 there are queryables, each a query parameter; of OGC API - Tiles there is
what leads to the vector tiles of `/v1`.
"""
