"""Response heads stay below 2 kB for every request: proxies and clients refuse larger ones."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import product
from urllib.parse import quote, urlsplit

import pytest

from app.server.limits import MAX_REQUEST_LINE_BYTES
from tests import extended_sample, live, sample
from tests.conftest import NewDatabase, load_seed
from tests.live import ENDLESS
from tests.operations import reading
from tests.server import nginx
from tests.server.raw_http import RawResponse, ask

MAX_RESPONSE_HEAD_BYTES = 2000

ARABIC = "جسر" * 40
"""A search of 120 letters; each is six characters in an address."""


@pytest.fixture(scope="module")
def base(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a database with merged records."""
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("heads")))
    with live.serving(url) as service:
        yield service


@pytest.fixture(scope="module")
def proxied(base: str) -> Iterator[str]:
    with nginx.proxying(base) as opened:
        yield opened


def long(path: str, part: str, size: int) -> str:
    """An address of so many characters at most, with one parameter again and again."""
    return f"{path}?{'&'.join([part] * min(999, (size - len(path)) // (len(part) + 1)))}"


LISTS = [
    *(f"/v1/incidents{suffix}" for suffix in ("", ".csv", ".ndjson", ".geojson", ".atom", ".feed.json")),
    *(f"/v1/quotes{suffix}" for suffix in ("", ".csv", ".atom")),
    "/v1/casualties",
    "/v1/casualties.csv",
    "/",
]
LONGEST = MAX_REQUEST_LINE_BYTES - len("GET  HTTP/1.1\r\n")


@pytest.mark.heavy
@pytest.mark.parametrize("path", LISTS)
def test_response_head_does_not_grow_with_the_url(base: str, path: str) -> None:
    for target in (
        path,
        f"{path}?q={quote(ARABIC)}",
        *(long(path, "place=orsa", size) for size in (300, 900, 4000, LONGEST)),
    ):
        first = _in_bounds(ask(base, target), target)
        assert first.status == 200
        for headers, method in product(
            ([], ["Accept-Encoding: gzip"], [f"If-None-Match: {first.header('etag')}"]), ("GET", "HEAD")
        ):
            _in_bounds(ask(base, target, f"X-Request-Id: {'x' * 64}", *headers, method=method), target)


@pytest.mark.heavy
def test_response_head_does_not_grow_with_any_parameter(base: str) -> None:
    """Also where what is asked is a mistake. Each parameter is asked of one path in each format."""
    operations = reading(json.loads(ask(base, "/openapi.json").body))
    asked: set[tuple[str, str]] = set()
    for path, operation in operations.items():
        if path == ENDLESS:
            continue
        real = path.replace("{id}", "orsa").replace("{number}", "1")
        parameters = [one for one in operation.get("parameters", []) if one["in"] == "query"]
        examples = {one["name"]: one.get("example", "x") for one in parameters}
        new = {(name, path.partition(".")[2]) for name in examples} - asked
        asked |= new
        for name, example in [*((name, examples[name]) for name, _ in sorted(new)), ("nonsense", "x")]:
            for target in (
                long(real, f"{name}={quote(str(example))}", LONGEST),
                f"{real}?{name}={'x' * (LONGEST - 200)}",
            ):
                _in_bounds(ask(base, target), target)
        for target in (
            f"{real}/{'x' * (LONGEST - 200)}",
            f"{real}{'x' * (LONGEST - 200)}",
            f"{real}/{'%C3%A9' * 5000}",
        ):
            assert _in_bounds(ask(base, target), target).status in (400, 404, 406)


def _in_bounds(answer: RawResponse, target: str) -> RawResponse:
    assert 0 < len(answer.head) < MAX_RESPONSE_HEAD_BYTES, (len(answer.head), target[:100], answer.head[:3000])
    return answer


@pytest.mark.heavy
def test_links_stand_in_the_head_while_it_has_room(base: str) -> None:
    """The next page goes first, then the formats; the body has all of them in any case."""
    short = ask(base, "/v1/incidents?limit=1")
    formats = [name for name in json.loads(short.body)["links"] if name not in ("self", "next")]
    assert {"csv", "ndjson", "geojson", "atom", "feed_json"} <= {*formats}
    assert str(short.header("link")).count("rel=") == 1 + len(formats)
    several = ask(base, "/v1/incidents?limit=1" + "&actor_role=victim&actor_role=perpetrator" * 5)
    assert 1 < str(several.header("link")).count("rel=") < 1 + len(formats)
    assert str(several.header("link")).startswith(f'<{json.loads(several.body)["links"]["next"]}>; rel="next"')
    long_one = ask(base, "/v1/incidents?limit=1" + "&granularity=event" * 900)
    assert long_one.header("link") is None
    links = json.loads(long_one.body)["links"]
    assert [*links] == [*json.loads(short.body)["links"]]
    assert all(url.count("granularity=event") == 900 for url in links.values())
    assert ask(base, links["csv"]).status == 200
    following = links["next"]
    there = ask(base, following)
    assert there.status == 200
    assert json.loads(there.body)["data"] != json.loads(long_one.body)["data"]


@pytest.mark.heavy
@pytest.mark.parametrize("url", ["/v1/incidents/ferry-incident?fields=title", "/v1/people/captain?fields=label"])
def test_a_redirect_that_does_not_fit_says_where_the_record_is(base: str, url: str) -> None:
    moved = ask(base, url)
    assert moved.status == 308
    new = str(moved.header("location")).partition("?")[0]
    told = ask(base, f"{url},id{',id' * 2000}")
    assert (told.status, told.header("location")) == (404, None)
    assert new in json.loads(told.body)["detail"]
    assert len(told.body) < 1000


@pytest.mark.heavy
@nginx.needed
@pytest.mark.parametrize("path", LISTS)
def test_response_head_passes_a_proxy_with_stock_settings(base: str, proxied: str, path: str) -> None:
    """nginx gives the head of an answer 4 kB, and takes addresses of 8 kB."""
    for target in (f"{path}?q={quote(ARABIC)}", long(path, "place=orsa", 830), long(path, "place=orsa", 7900)):
        direct, through = ask(base, target), ask(proxied, target)
        assert (through.status, through.header("etag")) == (200, direct.header("etag")), through.head


FETCH = """
const [base, ...paths] = process.argv.slice(1);
for (const path of paths) {
  const answer = await fetch(base + path);
  if (answer.status !== 200) throw new Error(`${answer.status} for an address of ${path.length}`);
  await answer.arrayBuffer();
}
"""


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("node") is None, reason="no node: install the extra 'clients'")
def test_javascript_accepts_the_response_head(base: str) -> None:
    """Node's `fetch` takes 16 kB of head."""
    targets = [long(path, "place=orsa", size) for path, size in product(LISTS, (3300, LONGEST))]
    command = ["node", "--input-type=module", "--eval", FETCH, base, *targets]
    subprocess.run(command, check=True, timeout=120)


@pytest.mark.heavy
def test_python_accepts_the_response_head(base: str) -> None:
    """`http.client` takes 64 kB in one line."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    for path, size in product(LISTS, (13_000, LONGEST)):
        connection.request("GET", long(path, "place=orsa", size))
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read()
    connection.close()
