"""`python -m tests.bench.front_ends DATABASE_URL`: what front ends of other origins get, in numbers.

Each line is a need that a small map, timeline or list of quotes has, and what the service answers to it now: bytes,
requests, and what is said beside the records. That the two front ends in `tests/web/apps` need one request a screen is
shown by `tests/web/test_apps.py`.
"""

import json
from collections.abc import Callable, Collection, Iterator
from http.client import HTTPConnection
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tests.bench.servers import service

Json = dict[str, Any]
Line = tuple[str, str]
POINT = "kind,date.edtf,totals.killed.low"


class Client:
    """Asks a service as a page of another origin does, without anything in store."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Returns status, headers and body."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
        connection.request(
            "GET", quote(path, safe="/?&=,.:[]*"), headers={"Origin": "https://elsewhere.test", **headers}
        )
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body

    def json(self, path: str) -> Any:
        """Returns an answer that has to be 200."""
        status, _, body = self.get(path)
        assert status == 200, f"{path}: {status} {body[:300]!r}"
        return json.loads(body)

    def size(self, path: str, coding: str = "identity") -> int:
        """Returns the bytes of an answer in a content coding."""
        status, _, body = self.get(path, **{"Accept-Encoding": coding})
        assert status == 200, f"{path}: {status} {body[:300]!r}"
        return len(body)


def points(client: Client) -> Iterator[Line]:
    matched = client.json("/v1/incidents?limit=1&count=exact")["meta"]["matched"]
    for name, path in {
        "GeoJSON, all properties": "/v1/incidents.geojson",
        "GeoJSON with title": f"/v1/incidents.geojson?fields=title,{POINT}",
        "GeoJSON": f"/v1/incidents.geojson?fields={POINT}",
        "CSV with title": f"/v1/incidents.csv?fields=id,title,{POINT},longitude,latitude",
    }.items():
        plain, zstd = client.size(path), client.size(path, "zstd")
        yield (
            f"{name}, {matched} incidents",
            f"{plain / 1e6:.2f} MB, {zstd / 1e6:.2f} MB zstd, {plain / matched:.0f} B each",
        )
    yield "features with limit=10", str(len(client.json("/v1/incidents.geojson?limit=10")["features"]))


def geojson(client: Client) -> Iterator[Line]:
    id_ = client.json("/v1/incidents?limit=1&fields=title")["data"][0]["id"]
    flat = client.json("/v1/incidents.geojson?limit=1")
    nested = client.json("/v1/incidents.geojson?limit=1&flat=false")["features"][0]["properties"]
    yield "lists stay lists with flat=false", str(isinstance(nested["also_kinds"], list))
    yield "bbox of the collection", str(flat.get("bbox"))
    yield "/v1/incidents/{id}.geojson", str(client.get(f"/v1/incidents/{id_}.geojson")[0])
    yield "/v1/casualties.geojson", str(client.get("/v1/casualties.geojson?limit=1")[0])


def types(client: Client) -> Iterator[Line]:
    schemas = client.json("/openapi.json")["components"]["schemas"]
    partial = next(one for name, one in schemas.items() if name.startswith("Partial") and "Incident" in name)
    yield "keys that an incident always has with `fields`", ", ".join(partial["required"])
    yield "/client.js, /client.d.ts", f"{client.size('/client.js')} B, {client.size('/client.d.ts')} B"


def included(client: Client) -> Iterator[Line]:
    for query in ("", "&evidence=none", "&fields[quotes]=text,speaker&evidence=none"):
        answer = client.json(f"/v1/incidents?fields=title&include=quotes&limit=500{query}")
        sizes = [len(json.dumps(answer[name])) / 1e3 for name in ("data", "included")]
        yield f"include=quotes{query}", f"{sizes[0]:.1f} kB of data, {sizes[1]:.1f} kB included"


def chosen(client: Client) -> Iterator[Line]:
    everything = client.json("/v1/incidents?limit=2&count=exact")
    one, other = (record["id"] for record in everything["data"])
    kind = everything["data"][0]["kind"]
    yield "all", str(everything["meta"]["matched"])
    for query in (f"id={one}&id={other}", f"not.kind={kind}", "any_harm=certain", "any_harm=possible"):
        yield query, str(client.json(f"/v1/incidents?limit=1&count=exact&{query}")["meta"]["matched"])


def histogram(client: Client) -> Iterator[Line]:
    month = client.json("/v1/incidents?limit=1")["meta"]["extent"]["latest"][:7]
    for facet in ("year", "month", f"day&date_match=within&datetime={month}"):
        (found,) = client.json(f"/v1/facets?of=incidents&facet={facet}&facet_limit=500")["data"].values()
        buckets = found["buckets"]
        counted, possible = (sum(one[name] for one in buckets) for name in ("count", "possible"))
        yield f"by {facet}", f"{len(buckets)} buckets, {counted - possible} certainly in one, {possible} possibly"
    yield "sums by month", f"{client.size('/v1/casualties/summary?group_by=month') / 1e3:.0f} kB"


def dated(client: Client) -> Iterator[Line]:
    for path in ("quotes?datetime=1990/2030&count=exact", "quotes?sort=date", "casualties?sort=date"):
        meta = client.json(f"/v1/{path}&limit=1" if "?" in path else f"/v1/{path}?limit=1")["meta"]
        yield path, f"200, {meta['matched']} match, not judged: {meta['not_judged']}"


def pages(client: Client) -> Iterator[Line]:
    first = client.json("/v1/incidents?limit=1")["meta"]
    second = client.json(f"/v1/incidents?limit=1&cursor={first['next_cursor']}")["meta"]
    yield "cursors without a URL to take apart", f"{sorted(name for name in second if name.endswith('_cursor'))}"


def places(client: Client) -> Iterator[Line]:
    yield "meta.extent", json.dumps(client.json("/v1/incidents?limit=1")["meta"]["extent"])
    for path in ("/v1/facets?of=incidents&facet=grid&z=6", "/v1/tiles/incidents.json"):
        yield path, str(client.get(path)[0])


def labels(client: Client) -> Iterator[Line]:
    urls = {one["name"]: one["url"] for one in client.json("/v1")["data"]["lists"]}
    lists = {name: client.json(f"{url}?limit=500")["data"] for name, url in urls.items()}
    known = {one["id"] for records in lists.values() for one in records}
    for name, records in lists.items():
        bare = {path for one in records for path in _bare_ids(one, known)}
        yield f"ids in {name} without words beside them", ", ".join(sorted(bare)) or "none"
    two = client.json("/v1/casualties?limit=5&include=incidents.quotes")["included"]["quotes"]
    yield "casualties?limit=5&include=incidents.quotes", f"{len(two)} quotes"


def typed_ahead(client: Client) -> Iterator[Line]:
    title = client.json("/v1/incidents?limit=1&fields=title")["data"][0]["title"]
    word = max(title.split(), key=len).strip(".,:;“”'’").lower()
    for query in (word[:4], word[:5], f"{word[:-2]}xx"):
        answer = client.json(f"/v1/search?q={query}")
        yield (
            f"q={query}",
            f"{len(answer['data'])} found, did_you_mean: {json.dumps(answer['meta'].get('did_you_mean'))}",
        )


def headers(client: Client) -> Iterator[Line]:
    _, sent, _ = client.get("/v1/incidents?limit=1")
    for name in ("timing-allow-origin", "server-timing", "cache-control", "access-control-expose-headers"):
        yield name, sent.get(name, "absent")
    documented = client.json("/openapi.json")["paths"]["/v1/incidents"]["get"]["responses"]["200"].get("headers", {})
    yield "headers of 200 in OpenAPI", ", ".join(sorted(documented)) or "none"
    status, sent, _ = client.get("/v1/incidents?limit=1", Accept="application/geo+json")
    yield "Accept: application/geo+json on the list", f"{status} {sent.get('content-type')} {sent.get('location', '')}"


def _bare_ids(value: Any, known: Collection[str], path: str = "") -> Iterator[str]:
    """The paths of the ids in a document that have no words to print beside them."""
    if isinstance(value, list):
        for item in value:
            yield from _bare_ids(item, known, path)
    elif isinstance(value, dict):
        has_words = any(value.get(name) for name in _WORDS)
        for key, inner in value.items():
            if not (key == "id" and has_words):
                yield from _bare_ids(inner, known, f"{path}.{key}".lstrip("."))
    elif isinstance(value, str) and value in known and path != "id" and not path.endswith("type"):
        yield path


_WORDS = ("label", "name", "title", "text", "gist", "outcome")


NEEDS: dict[str, Callable[[Client], Iterator[Line]]] = {
    "24. A map loads few bytes": points,
    "25. GeoJSON keeps types": geojson,
    "26. Types with `fields`": types,
    "27. What is included can be thinned": included,
    "28. Several ids, exclusion, any figure": chosen,
    "29. Histograms of dates": histogram,
    "30. Quotes and claims have times": dated,
    "31. Pages": pages,
    "32. Grid, tiles, extent": places,
    "33. Words beside ids": labels,
    "34. Typing ahead": typed_ahead,
    "35. Headers": headers,
}
"""By what is needed: what is asked for it."""


def measured(port: int) -> Iterator[str]:
    """The lines of the report about a service on a port of this machine."""
    client = Client(port)
    for need, ask in NEEDS.items():
        yield need
        yield from (f"    {name}: {value}" for name, value in ask(client))


def main(database: Annotated[str, typer.Argument(help="URL of a loaded archive.")]) -> None:
    """Prints what each need gets."""
    with service("the service", database, {"DATELINE_QUERY_SECONDS": "100"}) as server:
        for line in measured(server.port):
            typer.echo(line)


if __name__ == "__main__":
    typer.run(main)
