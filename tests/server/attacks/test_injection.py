"""What people try against a public API, against a real server: files, headers, hosts, SQL.

Nothing gets in, nothing gets out, nothing breaks. Every test counts what it tried; the last one prints the sum and
looks whether the data are as they were.
"""

import json
import re
from collections import Counter
from itertools import cycle, product
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.conftest import Figure
from tests.ingest import interrupted_loads
from tests.server.attacks.conftest import EVIL, Client, Operations
from tests.server.raw_http import RawResponse, ask

pytestmark = pytest.mark.heavy

REFUSALS = {400, 404, 405, 406, 410, 414, 416, 431}
TRIED: Counter[str] = Counter()


# Files.

TARGETS = ("etc/passwd", "app/settings.py", "pyproject.toml", "dateline.db", "proc/self/environ")
UPWARDS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..%5c",
    "..\\",
    "....//",
    "%c0%ae%c0%ae/",
    "..;/",
)
FOLDERS = ("/static/", "/static/swagger/", "/", "/v1/", "/v1/incidents/", "/incidents/", "/ogc/collections/")
SECRETS = re.compile(
    rb"root:.*:0:0:|class Settings|\[build-system\]|SQLite format 3|DATELINE_DATABASE_URL=|^import ", re.M
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_but_the_pages_own(base: str, folder: str) -> None:
    absolute = [f"{start}{target}" for start, target in product(("/", "//", "file:///", "%2f", "%00/"), TARGETS)]
    upwards = [f"{up * depth}{target}" for up, depth, target in product(UPWARDS, (1, 2, 8), TARGETS)]
    others = [
        "templates/front.html",
        "docs.html",
        "__init__.py",
        "__pycache__/",
        ".",
        "..",
        "~root/",
        "page.css%00.html",
    ]
    for tried in [*absolute, *upwards, *others]:
        answer = ask(base, folder + tried)
        assert _leads_nowhere(base, answer), (folder + tried, answer.head)
        assert not SECRETS.search(answer.body), folder + tried
        TRIED["path traversal"] += 1


@pytest.mark.parametrize("name", ["dataset", "incidents", "changes"])
def test_no_file_by_a_made_up_name(base: str, name: str) -> None:
    for suffix in (
        ".db",
        ".zip/../../x",
        ".sqlite-wal",
        ".csv/",
        ".csv%00",
        ".CSV",
        ".csv.bak",
        "..csv",
        ".py",
        "%2ecsv%2f",
    ):
        answer = ask(base, f"/v1/{name}{suffix}")
        assert _leads_nowhere(base, answer), (suffix, answer.head)
        TRIED["path traversal"] += 1


def _leads_nowhere(base: str, answer: RawResponse) -> bool:
    """Whether an answer is a refusal, or leads to another spelling of the address, where there is nothing to find."""
    place = answer.header("location") or ""
    if answer.status != 308 or not re.match(r"/[a-z]", place):
        return answer.status in REFUSALS
    there = ask(base, place)
    return there.status in REFUSALS or (there.status == 200 and not SECRETS.search(there.body))


# Headers.

BREAKS = (
    "%0d%0a",
    "%0a",
    "%0d",
    "%0d%0a%0d%0a",
    "%E5%98%8A%E5%98%8D",
    "%c4%8d%c4%8a",
    "%u000d%u000a",
    "%250d%250a",
    "\u2028",
)


def test_no_header_can_be_added(client: Client, operations: Operations) -> None:
    for path, names in operations:
        for place in BREAKS:
            injected = quote(f"{place}Injected: yes", safe="%")
            tried = [f"{path}{injected}", f"{path}/{injected}", f"{path}?{injected}=1"]
            tried += [f"{path}?{name}=x{injected}" for name in names]
            for target in tried if place == BREAKS[0] else tried[-4:]:
                _assert_whole(client.get(target), target)
                TRIED["header injection"] += 1


def test_what_is_repeated_in_a_header_is_escaped(client: Client) -> None:
    """Links repeat the query, files their names, redirects the query and the id."""
    for place, path in product(
        BREAKS,
        (
            "/v1/incidents?limit=1&q=orsa",
            "/v1/incidents.csv?q=orsa",
            "/v1/places?limit=1&q=orsa*",
            "/v1/incidents/ferry-incident?x=",
        ),
    ):
        answer = client.get(f"{path}{quote(place, safe='%')}Injected:yes")
        assert answer.status in (200, 308, 400)
        _assert_whole(answer, path)
        TRIED["header injection"] += 1


def test_a_header_with_a_break_of_its_own_adds_nothing(base: str) -> None:
    for name in (
        "If-None-Match",
        "Accept",
        "Accept-Encoding",
        "Range",
        "Origin",
        "X-Request-Id",
        "Access-Control-Request-Headers",
    ):
        for value in (
            "x\rInjected: yes",
            "x\nInjected: yes",
            'W/"x"\x0bInjected: yes',
            "x\x00Injected: yes",
            "é\u2028",
            '"' * 99,
        ):
            answer = ask(base, "/v1/incidents?limit=1", f"{name}: {value}")
            refusal = 406 if name == "Accept" else 400  # a name of no JSON
            assert answer.status in (200, 304, 400, refusal, 0), (name, value, answer.head)
            _assert_whole(answer, name)
            TRIED["header injection"] += 1


def _assert_whole(answer: RawResponse, target: str) -> None:
    assert answer.status < 500, (target, answer.body)
    assert "injected" not in {name for name, _ in answer.headers}, target
    assert not any("\r" in value or "\n" in value for _, value in answer.headers), target
    assert not re.search(rb"(?im)^injected", answer.head), target


# Hosts and redirects.

FORWARDED = (
    f"X-Forwarded-Host: {EVIL}",
    f"X-Forwarded-Server: {EVIL}",
    f"X-Host: {EVIL}",
    f"Forwarded: host={EVIL};proto=https",
    "X-Forwarded-Proto: https",
    f"X-Forwarded-Prefix: //{EVIL}",
    f"X-Original-URL: //{EVIL}/",
    "X-Rewrite-URL: /healthz",
    f"X-Forwarded-For: {EVIL}",
    "X-HTTP-Method-Override: DELETE",
    f"Referer: http://{EVIL}/",
    f"Origin: http://{EVIL}",
)
HOSTS = (
    EVIL,
    f"{EVIL}:80@127.0.0.1",
    f"127.0.0.1, {EVIL}",
    f"//{EVIL}",
    f"{EVIL}/v1",
    "",
    "x" * 5000,
    f"127.0.0.1:1@{EVIL}",
)
SAMPLES = (
    "/v1/incidents?limit=1",
    "/v1/incidents/ferry-shooting",
    "/v1/incidents/ferry-incident",
    "/v1/incidents.csv",
    "/v1/incidents.geojson",
    "/v1/incidents.atom",
    "/v1/changes.feed.json",
    "/ogc/collections",
    "/openapi.json",
    "/",
    "/incidents/ferry-shooting",
    "/docs",
    "/v1/incidents/",
    "/nothing",
)


@pytest.mark.parametrize("target", SAMPLES)
def test_no_answer_depends_on_the_host(base: str, target: str) -> None:
    """Neither the answer to the one who lies about it, nor the one that the next client gets."""
    honest = _settled(ask(base, target))
    lies = [ask(base, target, host=host) for host in HOSTS]
    lies += [ask(base, target, header) for header in FORWARDED]
    lies += [ask(base, f"http://{EVIL}{target}"), ask(base, target, f"Host: {EVIL}")]
    for lie in lies:
        assert EVIL.encode() not in lie.head + lie.body, lie.head
        assert _settled(lie) == honest or lie.status in (400, 404), lie.head
        TRIED["host header"] += 1
    assert _settled(ask(base, target)) == honest


def _settled(answer: RawResponse) -> tuple[Any, ...]:
    """An answer without what differs between two of the same."""
    changing = ("date", "age", "x-request-id", "connection", "cache-status", "server-timing")
    return answer.status, [field for field in answer.headers if field[0] not in changing], answer.body


def test_redirects_stay_here(base: str) -> None:
    ways = [f"//{EVIL}", f"//{EVIL}/v1/incidents", f"/\\{EVIL}", f"/%2f%2f{EVIL}", f"/%5c{EVIL}", f"/v1//{EVIL}"]
    ways += [
        f"/static//{EVIL}",
        f"/static/..//{EVIL}",
        f"//{EVIL}/..",
        f"/.{EVIL}",
        f"/@{EVIL}",
        "/static",
        "/ogc",
        "/v1/",
    ]
    merged = ("/v1/incidents/ferry-incident", "/v1/people/captain", "/incidents/ferry-incident")
    ends = (
        "",
        "/",
        f"?fields=id&next=//{EVIL}",
        f"?//{EVIL}",
        f"?url=http://{EVIL}",
        f"/..//{EVIL}",
        f"%2f%2f{EVIL}",
        f"@{EVIL}",
    )
    redirected = 0
    for target in [*ways, *(f"{path}{end}" for path, end in product(merged, ends))]:
        for host in ("127.0.0.1", EVIL):
            answer = ask(base, target, host=host)
            assert answer.status in (200, 307, 308) or answer.status in REFUSALS, (target, answer.head)
            if place := answer.header("location"):
                assert re.match(r"/(v1|incidents|ogc)/[a-z]", place), (target, place)
                assert urlsplit(place).netloc == "", (target, place)
                redirected += 1
            TRIED["open redirect"] += 1
    assert redirected >= 2 * len(merged)


# SQL.

SQL = (
    "'",
    '"',
    "' OR '1'='1",
    "1 OR 1=1--",
    "'; DROP TABLE incidents; --",
    "orsa' UNION SELECT document FROM people --",
    "') OR 1=1 /*",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "$1",
    ":id",
    "%(id)s",
    "?",
    "x') AND pg_sleep(9) IS NULL --",
    "load_extension('x')",
    "terms:* OR orsa NEAR(orsa)",
    "\\'; --",
)
LEAKED = re.compile(rb"sqlite3|sqlalchemy|psycopg|syntax error|no such (table|column)|Traceback")
WORDS = {"q", "prefix"}
"""Parameters that take any text."""


def test_no_parameter_reaches_the_sql(client: Client, operations: Operations) -> None:
    """Each parameter gets every text where it comes first, and one in turn at the other operations that take it."""
    total, known, in_turn = 0, set[str](), cycle(SQL)
    for path, names in operations:
        tried = [(name, text) for name in names for text in ([next(in_turn)] if name in known else SQL)]
        known.update(names)
        for name, text in tried:
            answer = client.get(f"{path}?{name}={quote(text)}")
            of_record = "orsa" in path or path.endswith("/preview")
            assert answer.status == 400 or (answer.status == 404 and of_record) or name in WORDS, (
                path,
                name,
                text,
            )
            assert answer.status in (200, 400, 404), (path, name, text, answer.body)
            total += answer.status == 200
            assert not LEAKED.search(answer.body), answer.body
            TRIED["SQL injection"] += 1
        for text in SQL:
            assert client.get(f"{path}/{quote(text, safe='')}").status in REFUSALS, (path, text)
            assert client.get(f"{path}?{quote(text)}=1").status in (400, 404, 200 if path in NO_PARAMETERS else 400), (
                path,
                text,
            )
            TRIED["SQL injection"] += 2
    assert total > 0


NO_PARAMETERS = ("/healthz", "/readyz")


@pytest.mark.parametrize(
    ("path", "word"), [("/v1/incidents", "orsa"), ("/v1/quotes", "warning"), ("/v1/search", "orsa")]
)
def test_sql_in_a_search_is_words(client: Client, path: str, word: str) -> None:
    """What is no word is nothing; what is a word is looked for and finds as much as it does alone. Where not all words
    are found, the search says that it shows the records with most of them."""

    def answer(text: str) -> Any:
        return json.loads(client.get(f"{path}?q={quote(text)}").body)

    def matches(text: str) -> list[str]:
        return [one["id"] for one in answer(text)["data"]]

    def complete_matches(text: str) -> list[str]:
        return [] if answer(text)["meta"].get("partial") else matches(text)

    plain = matches(word)
    assert plain
    assert all(matches(f"{word}{end}") == plain for end in ("'", "');", "' --", " /*", ";", "' ||"))
    assert all(
        complete_matches(f"{word}{end}") == [] for end in ("' OR '1'='1", " UNION SELECT x", "; DROP TABLE incidents")
    )
    TRIED["SQL injection"] += 9


def test_nobody_got_in(base: str, url: str, before: str, figure: Figure) -> None:
    """The last of this file: the data are those from before, and the server is well."""
    assert ask(base, "/readyz").status == 200
    assert interrupted_loads.state(url) == before
    assert TRIED.total() > 10_000
    told = ", ".join(f"{number:,} {sort}" for sort, number in TRIED.items())
    figure(f"{TRIED.total():,} attacks refused: {told}")
