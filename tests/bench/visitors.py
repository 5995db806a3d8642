"""Visitors of a service, well and badly behaved: each is a function that sends requests and returns the result."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

from app.model.codebook import shipped
from tests.bench.invention import marked_words
from tests.bench.servers import BenchError

PATIENCE = 120.0
_ABANDONED = 60_000
"""Bytes of a download that somebody gives up."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks a server about an archive of so many incidents."""

    port: int
    incidents: int
    dice: random.Random

    def get(self, path: str, *expected: int, method: str = "GET", **headers: str) -> tuple[str, str]:
        """Asks and reads the whole answer: its status and its ETag. Raises BenchError for a status that is neither
        expected (200, if none is named) nor a 503."""
        with self._asked(path, method, headers) as response:
            response.read()
            if response.status not in (*(expected or (200,)), 503):
                raise BenchError(f"{method} {path} was answered {response.status}")
            return str(response.status), response.getheader("etag", "")

    def abandon(self, path: str) -> str:
        """Reads the first bytes of an answer and goes away."""
        with self._asked(path, "GET", {}) as response:
            response.read(_ABANDONED)
            return f"{response.status}, abandoned"

    @contextmanager
    def _asked(self, path: str, method: str, headers: dict[str, str]) -> Iterator[HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): headers[name] for name in headers})
            with connection.getresponse() as response:
                yield response
        finally:
            connection.close()


Visit = Callable[[Visitor], str]
"""Asks something; what came of it, for counting."""


def visits() -> tuple[list[str], list[Visit], list[int]]:
    """The names of all visits, what they do, and how frequent they are."""
    names = list(_VISITS)
    return names, [_VISITS[name][1] for name in names], [_VISITS[name][0] for name in names]


def _one_of(*paths: str) -> Visit:
    return lambda visitor: visitor.get(visitor.dice.choice(paths))[0]


def _list(visitor: Visitor) -> str:
    kind, month = visitor.dice.choice(shipped().values("incident.kind")), visitor.dice.randrange(1, 13)
    return visitor.get(f"/v1/incidents?kind={kind}&datetime=1990-{month:02}&limit=50&sort=-date")[0]


def _record(visitor: Visitor) -> str:
    id_ = f"incident-{visitor.dice.randrange(visitor.incidents):07}"
    return visitor.get(f"/v1/incidents/{id_}?include=people,quotes")[0]


def _search(visitor: Visitor) -> str:
    word, path = visitor.dice.choice(marked_words()), visitor.dice.choice(("incidents", "search", "quotes"))
    return visitor.get(f"/v1/{path}?q={word}")[0]


def _not_modified(visitor: Visitor) -> str:
    path = f"/v1/places?limit={visitor.dice.randrange(1, 20)}"
    status, etag = visitor.get(path)
    return visitor.get(path, 200, 304, If_None_Match=etag)[0] if etag else status


def _dataset(visitor: Visitor) -> str:
    suffix, start = visitor.dice.choice(("zip", "sqlite")), visitor.dice.randrange(100_000)
    return visitor.get(f"/v1/dataset.{suffix}", 206, 416, Range=f"bytes={start}-{start + 9_999}")[0]


def _compressed(visitor: Visitor) -> str:
    coding = visitor.dice.choice(("gzip", "zstd"))
    return visitor.get("/v1/incidents?limit=200", Accept_Encoding=coding)[0]


def _mistake(visitor: Visitor) -> str:
    path, status, method = visitor.dice.choice(_MISTAKES)
    return visitor.get(path, status, method=method)[0]


def _abandoned(visitor: Visitor) -> str:
    return visitor.abandon(f"/v1/{visitor.dice.choice(_DOWNLOADS)}")


_DOWNLOADS = ("incidents.csv", "incidents.ndjson", "incidents.geojson", "quotes.ndjson", "casualties.csv")
_MISTAKES = (
    ("/v1/incidents?kidn=x", 400, "GET"),
    ("/v1/incidents?cursor=x", 400, "GET"),
    ("/v1/incidents/nobody", 404, "GET"),
    ("/nothing", 404, "GET"),
    ("/v1/incidents", 405, "POST"),
)
_VISITS: dict[str, tuple[int, Visit]] = {
    "filtered lists": (20, _list),
    "records": (20, _record),
    "the same list": (10, _one_of("/v1/incidents", "/v1/people?limit=20")),
    "not modified": (10, _not_modified),
    "searches": (6, _search),
    "compressed": (4, _compressed),
    "sums and facets": (3, _one_of("/v1/casualties/summary", "/v1/facets?of=incidents&facet=kind", "/v1/codebook")),
    "changes": (3, _one_of("/v1/changes?since=0&limit=100", "/v1/releases")),
    "feeds": (3, _one_of("/v1/incidents.atom", "/v1/changes.feed.json?limit=20")),
    "pages": (2, _one_of("/", "/docs", "/static/page.css", "/openapi.json", "/incidents/incident-0000001")),
    "OGC": (2, _one_of("/ogc/collections/incidents/items?limit=20", "/ogc/collections")),
    "mistakes": (6, _mistake),
    "datasets": (1, _dataset),
    "downloads": (1, _one_of(*(f"/v1/{name}" for name in _DOWNLOADS))),
    "abandoned downloads": (1, _abandoned),
}
