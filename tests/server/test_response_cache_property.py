"""With and without the response cache, random sequences of requests get the same responses.

Random requests go to a service with memory and to one without, and each pair of answers is compared.
"""

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from tests import extended_sample, live, sample
from tests.conftest import NewDatabase, load_seed
from tests.server import nginx

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OWN = {
    "date",
    "x-request-id",
    "cache-status",
    "server-timing",
    "connection",
    "server",
    "keep-alive",
    "transfer-encoding",
}
"""Headers that differ from one answer to the next, and what is a connection's own."""

DECODERS: dict[str, Callable[[bytes], bytes]] = {"zstd": zstd.decompress, "gzip": gzip.decompress}
NUMBERS = count()

# {} is another number in each run, so that nobody has asked for it before.
TARGETS = (
    "/v1/incidents?limit={}",
    "/v1/incidents?%6cimit={}",
    "/?limit={}",
    "/v1/places?limit={}&include=places",
    "/ogc/collections/incidents/items?limit={}",
    "/v1/incidents.atom?limit={}",
    "/v1/incidents.csv?killed_at_least={}",
    "/v1/places.geojson?near=14.5,60&radius_km={}",
    "/v1/changes?limit={}",
    "/v1/places/orsa",
    "/v1/incidents/ferry-incident",
    "/v1/incidents/ghost-ship",
    "/v1/codebook",
    "/v1/facets?of=incidents&facet=kind,place&facet_limit={}",
    "/v1/casualties/summary?limit={}&lang=ar",
    "/v1/incidents/no-such-incident",
    "/problems/bad-value",
    "/static/page.css",
    "/healthz",
    "/nothing",
)
CODINGS = ("gzip", "zstd", "identity", "br", "*", "x-gzip", "GZIP", "")
WEIGHTS = ("", "", ";q=0", ";q=0.5", "; q=1", ";Q=0.001", ";q=no", ";q=1e9", ";")


@dataclass(frozen=True)
class SentRequest:
    """A request. In the values of its headers, `E1` and `M` stand for validators of the answer; see `_written`."""

    method: str
    target: str
    lines: list[tuple[str, str]]


def _spelt(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from((name, name.lower(), name.upper()))


def _line(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(_spelt(name), values)


MEMBERS = st.builds(lambda coding, weight: coding + weight, st.sampled_from(CODINGS), st.sampled_from(WEIGHTS))
ACCEPTED = st.lists(MEMBERS, max_size=3).map(", ".join)
MEDIA_TYPES = st.lists(
    st.builds(
        lambda media_type, weight: media_type + weight,
        st.sampled_from(
            (
                "*/*",
                "text/html",
                "application/json",
                "application/*",
                "application/geo+json",
                "text/csv",
                "image/png",
                "",
            )
        ),
        st.sampled_from(WEIGHTS),
    ),
    max_size=3,
).map(", ".join)
LANGUAGES = st.sampled_from(
    ("ar", "ar-IQ,ar;q=0.9,en;q=0.8", "en, ar", "fr, ar;q=0.1", "en;q=0", "*", "", "ku", "ar;q=no")
)
TAGS = st.sampled_from(("E0", "E1", "E2", "W/E0", '"other"', "*", "", "other"))
LINES = st.one_of(
    _line("Accept-Encoding", ACCEPTED),
    _line("Accept-Encoding", ACCEPTED),
    _line("Accept", MEDIA_TYPES),
    _line("Accept", MEDIA_TYPES),
    _line("Accept-Language", LANGUAGES),
    _line("Accept-Language", LANGUAGES),
    _line("If-None-Match", st.lists(TAGS, max_size=3).map(", ".join)),
    _line("If-Match", TAGS),
    _line("If-Modified-Since", st.sampled_from(("M", "Thu, 01 Jan 1970 00:00:00 GMT", "M", "no date"))),
    _line("If-Unmodified-Since", st.sampled_from(("M", "Thu, 01 Jan 1970 00:00:00 GMT"))),
    _line(
        "Range", st.sampled_from(("bytes=0-9", "bytes=5-", "bytes=-7", "bytes=999999999-", "bytes=0-1,4-5", "lines=1"))
    ),
    _line("If-Range", st.sampled_from(("E0", "M", '"other"'))),
    _line("Cache-Control", st.sampled_from(("no-cache", "max-age=0"))),
    _line("Connection", st.sampled_from(("close", "keep-alive"))),
)
REQUESTS = st.builds(
    SentRequest,
    st.sampled_from(("GET", "GET", "GET", "HEAD", "HEAD", "OPTIONS", "POST")),
    st.sampled_from(TARGETS),
    st.lists(LINES, max_size=4),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[SentRequest]:
    """Requests that are about few addresses, so that they meet each other's answers."""
    few = draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2))
    one = st.builds(
        lambda asked, target: SentRequest(asked.method, target, asked.lines), REQUESTS, st.sampled_from(few)
    )
    return draw(st.lists(one, min_size=2, max_size=8))


@dataclass(frozen=True)
class Pair:
    """The same service with memory and without."""

    with_memory: str
    without: str


@pytest.fixture(scope="module")
def pair(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("property")))
    with ExitStack() as stack:
        services = [create_app(Settings(database_url=url, cache_bytes=size)) for size in (2**20, 0)]
        ports = [stack.enter_context(live.listening(service))[0] for service in services]
        yield Pair(*(f"http://127.0.0.1:{port}" for port in ports))


@pytest.fixture(scope="module")
def proxied(pair: Pair) -> Iterator[Pair]:
    """Both behind one, because it refuses some requests itself."""
    with nginx.proxying(pair.with_memory) as with_memory, nginx.proxying(pair.without) as without:
        yield Pair(with_memory, without)


def _told(connection: HTTPConnection, asked: SentRequest) -> tuple[Any, ...]:
    """An answer, without what differs between two of the same."""
    connection.putrequest(asked.method, asked.target, skip_accept_encoding=True)
    for name, value in asked.lines:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body, coding = answer.read(), answer.getheader("Content-Encoding")
    decoded = DECODERS[coding](body) if coding and body else body
    # Several parts lie between lines that are made up each time.
    _, _, line = answer.getheader("Content-Type", "").partition("boundary=")
    told = [(name.lower(), value.removesuffix(line)) for name, value in answer.getheaders() if name.lower() not in OWN]
    return answer.status, sorted(told), decoded.replace(line.encode(), b"") if line else decoded


def _written(connection: HTTPConnection, asked: SentRequest, number: int) -> SentRequest:
    """With the number in the address, and the validators of what is there: `E0` as it is, `E1` and `E2` packed."""
    target = asked.target.format(1 + number % 500)
    known: dict[str, str] = {}
    if any(name.lower().startswith("if-") for name, _ in asked.lines):
        for place, coding in enumerate(("identity", "gzip", "zstd")):
            _, fields, _ = _told(connection, SentRequest("GET", target, [("Accept-Encoding", coding)]))
            known |= {f"E{place}": dict(fields).get("etag", '"none"'), "M": dict(fields).get("last-modified", "")}
    lines = []
    for name, value in asked.lines:
        if name.lower().startswith("if-"):
            for tag in ("E0", "E1", "E2"):
                value = value.replace(tag, known[tag])
            value = known["M"] if value == "M" else value
        lines.append((name, value))
    return SentRequest(asked.method, target, lines)


def _compare(pair: Pair, conversation: list[SentRequest]) -> None:
    number = next(NUMBERS)
    with_memory, without = (
        HTTPConnection(urlsplit(base).netloc, timeout=60) for base in (pair.with_memory, pair.without)
    )
    try:
        for template in conversation:
            asked = _written(without, template, number)
            assert _told(with_memory, asked) == _told(without, asked), asked
    finally:
        with_memory.close()
        without.close()


def _both(target: str, first: list[str], then: list[str]) -> list[SentRequest]:
    """What one client accepts, line by line, and what another one does who asks after it."""
    return [SentRequest("GET", target, [("Accept-Encoding", value) for value in lines]) for lines in (first, then)]


def _in_turn(target: str, field: str, values: list[str]) -> list[SentRequest]:
    """The same request of clients that differ in one header."""
    return [SentRequest("GET", target, [(field, value)]) for value in values]


@settings(max_examples=30, deadline=None)
@given(conversations())
@example(_both("/v1/places?limit={}", ["zstd", "identity"], []))
@example([SentRequest("GET", "/v1/incidents.csv?killed_at_least={}", [("Range", "bytes=0-1,4-5")])] * 2)
@example(_both("/v1/places?limit={}", ["identity", "zstd"], ["zstd"]))
@example(_both("/?limit={}", ["gzip", ""], ["gzip"]))
@example(_both("/ogc/collections/incidents/items?limit={}", ["", "zstd"], []))
@example(_in_turn("/v1/places?limit={}", "Accept", ["*/*", "application/geo+json", "text/html", "*/*"]))
@example(
    _in_turn("/v1/facets?of=incidents&facet=kind&facet_limit={}", "Accept-Language", ["ar", "en", "fr, ar;q=0.1", ""])
)
@example(
    [
        SentRequest("HEAD", "/?limit={}", [("Accept-Encoding", "zstd"), ("accept-encoding", "gzip;q=0.1")]),
        SentRequest("GET", "/?limit={}", []),
    ]
)
def test_cached_equals_uncached(pair: Pair, conversation: list[SentRequest]) -> None:
    _compare(pair, conversation)


@pytest.mark.heavy
@settings(max_examples=200, deadline=None)
@given(conversations())
def test_cached_equals_uncached_in_long_runs(pair: Pair, conversation: list[SentRequest]) -> None:
    _compare(pair, conversation)


@pytest.mark.heavy
@nginx.needed
@settings(max_examples=120, deadline=None)
@given(conversations())
def test_cached_equals_uncached_behind_a_proxy(proxied: Pair, conversation: list[SentRequest]) -> None:
    _compare(proxied, conversation)
