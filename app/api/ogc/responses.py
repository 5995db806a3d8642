"""OGC response bodies: landing page, conformance, collections, schemas and pages of features, with links."""

from typing import Any

from app.api.ogc import tiles
from app.api.ogc.collections import COLLECTIONS, Collection, Features
from app.api.ogc.features import feature_schema, properties_schema
from app.api.ogc.parameters import CRS84
from app.api.pages import RequestUrl
from app.model.codebook import Codebook

Json = dict[str, Any]

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"

TITLE = "Dateline: incidents and places"
CONFORMS_TO = [
    f"http://www.opengis.net/spec/ogcapi-features-{part}/1.0/conf/{name}"
    for part, name in (
        *((1, "core"), (1, "geojson"), (1, "oas30"), (2, "crs")),
        *((3, "queryables"), (3, "queryables-query-parameters")),
    )
] + tiles.CONFORMS_TO

_MATRIX_SETS = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def _link(href: str, rel: str, type_: str, title: str) -> Json:
    return {"href": href, "rel": rel, "type": type_, "title": title}


def landing(root: str) -> Json:
    """Returns the landing page. `root` is the base URL of the OGC service, here and below."""
    return {
        "title": TITLE,
        "description": "Incidents and places of an investigation, each with the address of its record in the API.",
        "links": [
            _link(f"{root}/", "self", JSON, "This page"),
            _link(f"{root}/api", "service-desc", OPENAPI, "The API definition"),
            _link(f"{root}/conformance", "conformance", JSON, "The parts of the standard that are kept"),
            _link(f"{root}/collections", "data", JSON, "The collections"),
            _link(f"{root}/tileMatrixSets", _MATRIX_SETS, JSON, "The tile matrix sets"),
        ],
    }


def conformance() -> Json:
    """Returns the conformance classes of the standard that the service implements."""
    return {"conformsTo": CONFORMS_TO}


def collections(root: str, extents: dict[str, Json]) -> Json:
    """Returns all collections. `extents` holds the extent of each by its name."""
    return {
        "links": [_link(f"{root}/collections", "self", JSON, "The collections")],
        "crs": [CRS84],
        "collections": [collection(root, one, extents[one.name]) for one in COLLECTIONS.values()],
    }


def collection(root: str, one: Collection, extent: Json) -> Json:
    """Returns one collection with links to its features and schemas."""
    url = f"{root}/collections/{one.name}"
    return {
        "id": one.name,
        "title": one.title,
        "description": one.description,
        "extent": extent,
        "itemType": "feature",
        **({"vectorType": "Points"} if one.has_tiles else {}),
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            _link(url, "self", JSON, one.title),
            # Without a query, because GDAL appends the id of a feature.
            _link(f"{url}/items", "items", GEOJSON, f"{one.title} as GeoJSON"),
            _link(f"{url}/queryables", _QUERYABLES, SCHEMA, "What can be asked for"),
            # Link relations are case-insensitive (RFC 8288, 2.1.1), but GDAL 3.6 knows only `describedBy`. Without a
            # schema it takes types from values: a column that is null in the first features would become text.
            *(
                _link(f"{url}/schema", rel, SCHEMA, "The properties of a feature")
                for rel in ("describedby", "describedBy")
            ),
            *([_link(f"{url}/tiles", tiles.TILESETS, JSON, "As vector tiles")] if one.has_tiles else []),
        ],
    }


def queryables(root: str, one: Collection, codebook: Codebook) -> Json:
    """Returns the schema of the properties that are also query parameters."""
    properties = properties_schema(one.name, codebook)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{one.name}/queryables",
        "title": one.title,
        "type": "object",
        "properties": {name: properties[name] for name in one.parameters.model_fields if name in properties},
        "additionalProperties": False,
    }


def queryables_link(root: str, one: Collection) -> str:
    """Returns the `Link` header that the standard wants on every page of features that can be filtered."""
    return f'<{root}/collections/{one.name}/queryables>; rel="{_QUERYABLES}"; type="{SCHEMA}"'


def schema(root: str, one: Collection, codebook: Codebook) -> Json:
    """Returns the schema of a feature."""
    return {"$id": f"{root}/collections/{one.name}/schema", "title": one.title, **feature_schema(one.name, codebook)}


def features(root: str, one: Collection, page: Features, request_url: RequestUrl) -> Json:
    """Returns a page of features. `request_url` makes the link to the next page keep every filter.

    The optional `timeStamp` is left out: it would change the bytes every second, although the release is the same.
    """
    links = [
        _link(request_url.link(), "self", GEOJSON, "This page"),
        _link(f"{root}/collections/{one.name}", "collection", JSON, one.title),
    ]
    if page.last is not None:
        links.append(_link(request_url.link(after=str(page.last)), "next", GEOJSON, "The next page"))
    counted = {} if page.matched is None else {"numberMatched": page.matched}
    return {
        "type": "FeatureCollection",
        **counted,
        "numberReturned": len(page.features),
        "links": links,
        "features": page.features,
    }


def feature(root: str, one: Collection, geojson_feature: Json, release: str | None) -> Json:
    """Returns one feature with its links, those to the record with the release that was asked for."""
    url, pin = f"{root}/collections/{one.name}", "" if release is None else f"?release={release}"
    record = f"{geojson_feature['properties']['url']}{pin}"
    links = [
        _link(f"{url}/items/{geojson_feature['id']}{pin}", "self", GEOJSON, "This feature"),
        _link(url, "collection", JSON, one.title),
        _link(record, "canonical", JSON, "The record with everything known about it"),
    ]
    return {**geojson_feature, "links": links}
