"""The data as data catalogues read them: DCAT 3 and schema.org's `Dataset`, as JSON-LD without a context elsewhere.

A release is a version. The newest has every file of every list as a distribution, earlier ones those of everything.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Row

from app.api.ogc.collections import COLLECTIONS, extents
from app.api.routes.representations import link, representations, suffixes
from app.queries import changes
from app.records import RECORD_TYPES
from app.storage.snapshot import Snapshot

Json = dict[str, Any]

MAX_VERSIONS = 100
"""Releases that a catalogue lists, the newest first; `/v1/releases` has all."""

TITLE = "Dateline"
DESCRIPTION = (
    "Incidents, casualty claims, places, people, organizations, quotes and statements of reporting, each with the "
    "passages of the articles that it rests on. What the reporting does not say is null, and figures are claims with "
    "bounds."
)
LICENCE = "https://opensource.org/license/mit"
RIGHTS = "The articles and the quoted words belong to their publishers; the coding is under the MIT licence."

_DATASET_TYPES = {"zip": "application/zip", "sqlite": "application/vnd.sqlite3"}
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "foaf": "http://xmlns.com/foaf/0.1/",
}
_IDS = (
    *("dcat:accessURL", "dcat:downloadURL", "dcat:mediaType", "dcat:previousVersion", "dcat:hasCurrentVersion"),
    *("dcat:landingPage", "dcat:endpointURL", "dcat:endpointDescription", "dcat:servesDataset", "dcat:isVersionOf"),
    *("dct:license", "dct:conformsTo", "foaf:homepage"),
)
_TYPES = {
    **dict.fromkeys(_IDS, "@id"),
    **dict.fromkeys(("dct:issued", "dct:modified"), "xsd:dateTime"),
    **dict.fromkeys(("dcat:startDate", "dcat:endDate"), "xsd:date"),
    "dcat:bbox": "http://www.opengis.net/ont/geosparql#wktLiteral",
}
CONTEXT: Json = {**_PREFIXES, **{name: {"@type": kind} for name, kind in _TYPES.items()}}


class Extent(NamedTuple):
    """Where incidents were, as west, south, east and north, and their first and last day."""

    box: list[float] | None
    days: tuple[str, str] | None


class Facts(NamedTuple):
    """What both catalogues say of a snapshot."""

    releases: list[Row[Any]]
    extent: Extent


class File(NamedTuple):
    """A file that the data can be downloaded as."""

    url: str
    media_type: str
    title: str


def read_facts(snapshot: Snapshot) -> Facts:
    """Reads what both catalogues say."""
    rows = snapshot.rows(changes.releases().limit(MAX_VERSIONS))
    found = extents(snapshot, [COLLECTIONS["incidents"]])[0]["incidents"]
    days = found.get("temporal", {}).get("interval", [None])[0]
    box = found.get("spatial", {}).get("bbox", [None])[0]
    return Facts(list(rows), Extent(box, (days[0][:10], days[1][:10]) if days else None))


def dcat(facts: Facts, base: str) -> Json:
    """Returns the catalogue in the words of DCAT 3."""
    dataset = f"{base}/v1/catalog.jsonld#dataset"
    versions = [_version(one, dataset, base) for one in facts.releases]
    for later, earlier in pairwise(versions):
        later["dcat:previousVersion"] = earlier["@id"]
    return {
        "@context": CONTEXT,
        "@id": f"{base}/v1/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": TITLE,
        "dct:description": DESCRIPTION,
        "foaf:homepage": f"{base}/",
        "dcat:dataset": [
            {
                "@id": dataset,
                "@type": "dcat:Dataset",
                "dct:title": TITLE,
                "dct:description": DESCRIPTION,
                "dct:license": LICENCE,
                "dct:rights": RIGHTS,
                "dcat:landingPage": f"{base}/",
                **_dcat_extent(facts.extent),
                **_current(versions),
                "dcat:distribution": [_distribution(one) for one in _files(base)],
            }
        ],
        "dcat:service": [
            _service(base, "/v1", "/openapi.json", dataset),
            _service(base, "/ogc/", "/ogc/api", dataset)
            | {"dct:conformsTo": "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"},
            _service(base, "/reconcile", "/openapi.json", dataset)
            | {"dct:conformsTo": "https://reconciliation-api.github.io/specs/0.2/"},
        ],
    }


def schema_org(facts: Facts, base: str) -> Json:
    """Returns the dataset in the words of schema.org, which search engines for data read."""
    versions = [
        {
            "@type": "Dataset",
            "@id": f"{base}/v1/releases/{one.number}",
            "name": f"{TITLE}, release {one.number}",
            "description": DESCRIPTION,
            "version": str(one.number),
            "identifier": f"sha256:{one.digest}",
            "datePublished": one.loaded_at,
            **({"distribution": [_download(file) for file in _dataset_files(base, one.number)]} if one.is_kept else {}),
        }
        for one in facts.releases
    ]
    current = {key: versions[0][key] for key in ("version", "identifier")} if versions else {}
    return {
        "@context": {"@vocab": "https://schema.org/"},
        "@id": f"{base}/v1/dataset.jsonld",
        "@type": "Dataset",
        "name": TITLE,
        "description": DESCRIPTION,
        "url": f"{base}/",
        "license": LICENCE,
        "usageInfo": RIGHTS,
        "isAccessibleForFree": True,
        **current,
        **({"dateModified": versions[0]["datePublished"]} if versions else {}),
        **_schema_org_extent(facts.extent),
        "distribution": [_download(one) for one in _files(base)],
        "workExample": versions,
    }


def _files(base: str) -> Iterator[File]:
    yield from _dataset_files(base, None)
    by_suffix = representations()
    for name in RECORD_TYPES:
        for suffix in suffixes(name):
            title = f"{name.capitalize()} as {by_suffix[suffix].title}"
            yield File(base + link(name, suffix, ()), by_suffix[suffix].media_type, title)


def _dataset_files(base: str, release: int | None) -> Iterator[File]:
    of_release = "" if release is None else f"?release={release}"
    for suffix, media_type in _DATASET_TYPES.items():
        yield File(f"{base}/v1/dataset.{suffix}{of_release}", media_type, f"Everything as {suffix}")


def _version(release: Row[Any], dataset: str, base: str) -> Json:
    return {
        "@id": f"{base}/v1/releases/{release.number}",
        "@type": "dcat:Dataset",
        "dct:title": f"{TITLE}, release {release.number}",
        "dcat:version": str(release.number),
        "dcat:isVersionOf": dataset,
        "dct:identifier": f"sha256:{release.digest}",
        "dct:issued": release.loaded_at,
        **({"dct:description": release.note} if release.note else {}),
        **(
            {"dcat:distribution": [_distribution(one) for one in _dataset_files(base, release.number)]}
            if release.is_kept
            else {}
        ),
    }


def _current(versions: list[Json]) -> Json:
    if not versions:
        return {}
    newest = versions[0]
    return {
        "dcat:version": newest["dcat:version"],
        "dct:modified": newest["dct:issued"],
        "dcat:hasCurrentVersion": newest["@id"],
        "dcat:hasVersion": versions,
    }


def _distribution(file: File) -> Json:
    return {
        "@id": file.url,
        "@type": "dcat:Distribution",
        "dct:title": file.title,
        "dcat:accessURL": file.url,
        "dcat:downloadURL": file.url,
        "dcat:mediaType": _MEDIA_TYPES + file.media_type.partition(";")[0],
    }


def _download(file: File) -> Json:
    return {"@type": "DataDownload", "name": file.title, "contentUrl": file.url, "encodingFormat": file.media_type}


def _service(base: str, path: str, description: str, dataset: str) -> Json:
    return {
        "@id": f"{base}{path}",
        "@type": "dcat:DataService",
        "dct:title": f"{TITLE} {path}",
        "dcat:endpointURL": f"{base}{path}",
        "dcat:endpointDescription": f"{base}{description}",
        "dcat:servesDataset": dataset,
    }


def _dcat_extent(extent: Extent) -> Json:
    found: Json = {}
    if extent.box is not None:
        west, south, east, north = extent.box
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        ring = ", ".join(f"{longitude} {latitude}" for longitude, latitude in corners)
        found["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": f"POLYGON(({ring}))"}
    if extent.days is not None:
        start, end = extent.days
        found["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": start, "dcat:endDate": end}
    return found


def _schema_org_extent(extent: Extent) -> Json:
    found: Json = {}
    if extent.box is not None:
        west, south, east, north = extent.box
        shape = {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}
        found["spatialCoverage"] = {"@type": "Place", "geo": shape}
    if extent.days is not None:
        found["temporalCoverage"] = "/".join(extent.days)
    return found
