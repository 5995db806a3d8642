"""Invalid requests are refused with the name of the parameter; none fails, and none returns everything."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message

from app.main import create_app
from app.model.codebook import shipped
from app.model.partial_documents import paths_of
from app.problems import ProblemDocument
from app.records import RECORD_TYPES
from app.records.included import include_paths
from app.settings import Settings
from tests import every_fifth
from tests.answers import problem, refused

REFUSED = [
    # An unknown name or value, with the nearest one.
    ("kidn=killing", "kidn", "kind"),
    ("Kind=killing", "Kind", "kind"),
    ("xyzzyx=1", "xyzzyx", None),
    ("=1", "", None),
    ("%00=1", "\0", None),
    ("kind=killling", "kind", "killing"),
    ("kind=", "kind", None),
    ("kind=killing&kind=raid", "kind", "joint_raid"),
    ("kind=Joint_Raid", "kind", "joint_raid"),
    ("kind=joint raid", "kind", "joint_raid"),
    ("kind=joint-raid", "kind", "joint_raid"),
    ("kind=jointRaid", "kind", "joint_raid"),
    ("sort=-Date", "sort", "-date"),
    ("kind=killing,abduction", "kind", "abduction"),
    ("sort=dat", "sort", "date"),
    ("sort=xyz", "sort", None),
    ("sort=date,title", "sort", "title"),
    ("count=exactly", "count", "exact"),
    ("date_match=inside&datetime=2019", "date_match", None),
    ("fields=titel", "fields", "title"),
    ("fields=title,", "fields", None),
    ("include=quote", "include", "quotes"),
    ("include=Quotes", "include", "quotes"),
    ("include=incidents,kind", "include", None),
    ("place_role=scenes&place=iraq", "place_role", "scene"),
    # Numbers.
    ("limit=0", "limit", None),
    ("limit=501", "limit", None),
    ("limit=1e9", "limit", None),
    ("limit=-5", "limit", None),
    ("changed_since=9223372036854775808", "changed_since", None),
    ("changed_since=-1", "changed_since", None),
    ("killed_at_least=99999999999999999999999999", "killed_at_least", None),
    ("killed_at_least=1.0", "killed_at_least", None),
    ("killed_possibly=٣", "killed_possibly", None),
    # Boxes and circles.
    ("bbox=1,2,3", "bbox", None),
    ("bbox=1,2,3,4,5", "bbox", None),
    ("bbox=NaN,2,3,4", "bbox", None),
    ("bbox=1,2,inf,4", "bbox", None),
    ("bbox=1e1,2,30,4", "bbox", None),
    ("bbox=1,2,,4", "bbox", None),
    ("bbox=1;2;3;4", "bbox", None),
    ("bbox=٤٢,34,45,36", "bbox", None),
    ("bbox=42,36,45,34", "bbox", None),
    ("bbox=42,-91,45,36", "bbox", "-91,42,36,45"),
    ("bbox=142,-91,45,36", "bbox", None),
    ("bbox=4242,34,45,36", "bbox", None),
    ("bbox=42,34,%0A45,36", "bbox", None),
    ("near=44.28", "near", None),
    ("near=44,91", "near", "91,44"),
    ("near=181,91", "near", None),
    ("near=999999,0", "near", None),
    ("near=44,35&radius_km=0", "radius_km", None),
    ("near=44,35&radius_km=-1", "radius_km", None),
    ("near=44,35&radius_km=20001", "radius_km", None),
    ("near=44,35&radius_km=nan", "radius_km", None),
    # Parameters that say nothing alone.
    ("radius_km=5", "radius_km", None),
    ("location_match=certain", "location_match", None),
    ("date_match=within", "date_match", None),
    ("place_basis=stated", "place_basis", None),
    ("place_basis=stated", "place_basis", None),
    # Days.
    ("datetime=2019-13", "datetime", None),
    ("datetime=2019-00", "datetime", None),
    ("datetime=2019-04-31", "datetime", None),
    ("datetime=2019-02-29", "datetime", None),
    ("datetime=0000", "datetime", None),
    ("datetime=20190419", "datetime", "2019-04-19"),
    ("datetime=2019-04-19T00:00:00Z", "datetime", "2019-04-19"),
    ("datetime=2019-4", "datetime", "2019-04"),
    ("datetime=٢٠١٩", "datetime", None),
    ("datetime=2020/2019", "datetime", None),
    ("datetime=2019-04-20/2019-04-19", "datetime", None),
    ("datetime=../..", "datetime", None),
    ("datetime=/", "datetime", None),
    ("datetime=2019/", "datetime", "2019/.."),
    ("datetime=2019/2020/2021", "datetime", None),
    ("datetime=", "datetime", None),
    # Text.
    ("q=" + "x" * 10_000, "q", None),
    ("q=", "q", None),
    ("q=%20+", "q", None),
    ("q=/", "q", None),
    ("q=-ferry", "q", None),
    ("q=" + "+".join(["ferry"] * 25), "q", None),
    ("q=a*+b*+-c*+ferry", "q", None),
    ("q=%CC%81", "q", None),
    ("q=a%00b", "q", None),
    ("q=a%0Ab", "q", None),
    ("place=%00", "place", None),
    ("place=iraq%0A", "place", None),
    ("place=Iraq", "place", "iraq"),
    ("place=" + "a" * 101, "place", None),
    ("place=iraq,iran", "place", None),
    ("has_location=1", "has_location", "true"),
    ("has_location=True", "has_location", "true"),
    # A second value where one is taken.
    ("limit=1&limit=2", "limit", None),
    ("datetime=2019&datetime=2019", "datetime", None),
    ("q=a&q=b", "q", None),
    ("bbox=1,2,3,4&bbox=1,2,3,4", "bbox", None),
    ("sort=id&sort=id", "sort", None),
    ("has_location=true&has_location=false", "has_location", None),
]


@every_fifth.parametrize(("query", "parameter", "suggestion"), REFUSED)
def test_a_bad_parameter_is_named_with_what_was_meant(
    client: TestClient, query: str, parameter: str, suggestion: str | None
) -> None:
    assert (parameter, suggestion) in refused(client, f"/v1/incidents?{quote(query, safe='=&,+%')}")


@pytest.mark.parametrize("kind", ["Joint%20Raid", "picnic"])
def test_the_whole_vocabulary_stands_once_in_a_refusal(client: TestClient, kind: str) -> None:
    found = client.get(f"/v1/incidents?kind={kind}&limit=0")
    assert found.json()["allowed_values"] == {"kind": list(shipped().values("incident.kind"))}
    assert found.text.count("hostilities_phase") == 1


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_what_fields_and_include_take_stands_in_the_refusal(client: TestClient, resource: str) -> None:
    taken = {
        "fields": list(paths_of(resource, shipped())),
        "include": list(include_paths(resource)),
    }
    for name in [name for name, values in taken.items() if values]:
        assert problem(client, f"/v1/{resource}?{name}=xyzzy")["allowed_values"] == {name: taken[name]}


@pytest.mark.parametrize("resource", RECORD_TYPES)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [("nonsense=1", "nonsense"), ("limit=0", "limit"), ("q=a%00", "q"), ("sort=x", "sort"), ("cursor=x", "cursor")],
)
def test_every_list_refuses_what_it_does_not_take(
    client: TestClient, resource: str, query: str, parameter: str
) -> None:
    assert [name for name, _ in refused(client, f"/v1/{resource}?{query}")] == [parameter]


def test_every_mistake_is_named_at_once(client: TestClient) -> None:
    refusal = refused(client, "/v1/incidents?limit=0&kind=killin&datetime=2019-13&plaec=iraq&bbox=1")
    assert sorted(refusal, key=str) == [
        ("bbox", None),
        ("datetime", None),
        ("kind", "killing"),
        ("limit", None),
        ("plaec", "place"),
    ]


def test_so_many_mistakes_are_not_all_named(client: TestClient) -> None:
    many = "&".join(f"parameter{number}=1" for number in range(900))
    assert len(refused(client, f"/v1/incidents?{many}")) == 20
    assert len(refused(client, "/v1/incidents?fields=" + ",".join(f"field{number}" for number in range(1_000)))) == 20


def test_one_record_takes_only_fields_and_include(client: TestClient) -> None:
    assert refused(client, "/v1/incidents/kubaiba-raid?granularity=event") == [("granularity", None)]
    assert refused(client, "/v1/incidents/kubaiba-raid?includes=quotes") == [("includes", "include")]
    assert refused(client, "/v1/codebook?kind=killing") == [("kind", None)]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1/incidents/kubaiba-rade", 404, "Did you mean /v1/incidents/kubaiba-raid?"),
        ("/v1/incidents/xyzzy", 404, "There is no incident 'xyzzy'."),
        ("/v1/incidents/Kubaiba", 404, "lower-case"),
        ("/v1/incidents/%00", 404, "lower-case"),
        ("/v1/incidents/%F0%9F", 404, "lower-case"),
        ("/v1/incidents/a%3Fb%23c", 404, "lower-case"),
        ("/v1/incidents/%22%20OR%201=1", 404, "lower-case"),
        ("/nothing/at/all", 404, "nothing at"),
        ("/v1/incidents/kubaiba-raid/nothing", 404, "nothing at"),
        ("/static/nothing.js", 404, "nothing at"),
    ],
)
def test_what_is_not_there_says_what_may_be_meant(client: TestClient, path: str, status: int, words: str) -> None:
    response = client.get(path)
    assert response.headers["content-type"] == "application/problem+json"
    actual = ProblemDocument.model_validate(response.json())
    assert (response.status_code, actual.status) == (status, status)
    assert words in actual.detail
    assert actual.instance.isascii()
    assert actual.instance.startswith("/")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/kubaiba-raid", "/v1/codebook", "/healthz", "/"])
def test_other_methods_are_refused_with_those_allowed(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.headers["content-type"] == "application/problem+json"
    actual = ProblemDocument.model_validate(response.json())
    assert (actual.title, actual.instance) == ("Method not allowed", path)
    assert method in actual.detail


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([*RECORD_TYPES["casualties"].filters.model_fields, "kidn"]),
    value=st.text(st.characters(codec="utf-8"), max_size=40) | st.text("0123456789-./,eE+:TZ ", max_size=20),
)
def test_no_value_is_a_failure(client: TestClient, name: str, value: str) -> None:
    response = client.get("/v1/casualties", params={name: value})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert name[:60] in [error["parameter"] for error in response.json()["errors"]]


@pytest.mark.parametrize("query", [b"kind=\xff\xfe", b"q=%ff%fe", b"%ff=1", b"place=%C3%28", b"q=%", b"q=%zz", b"&&=&"])
@pytest.mark.parametrize("path", ["/v1/incidents", "/nothing", "/v1/incidents/kubaiba-raid"])
def test_bytes_that_are_no_text(client: TestClient, path: str, query: bytes) -> None:
    start = _asked_raw(client, path, query, b"testserver")
    assert start["status"] in ((404,) if path == "/nothing" else (200, 400))


def test_a_host_header_that_is_none(client: TestClient) -> None:
    for host in (b"[", b"a b", b"\xff"):
        assert _asked_raw(client, "/v1/incidents", b"limit=1", host)["status"] == 400
        assert _asked_raw(client, "/nothing", b"", host)["status"] == 400
    for host in (b"x:99999999", b""):
        assert _asked_raw(client, "/v1/incidents", b"limit=1", host)["status"] == 200
        assert _asked_raw(client, "/nothing", b"", host)["status"] == 404


def _asked_raw(client: TestClient, path: str, query: bytes, host: bytes) -> Message:
    """The start of the answer to a request that a well-behaved client would not send."""
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(b"host", host)],
            "server": ("testserver", 80),
            "client": ("testclient", 1),
        }
        await client.app(scope, receive, send)

    assert client.portal is not None
    client.portal.call(ask)
    return sent[0]


def test_a_handler_that_fails(article_url: str) -> None:
    """A mistake of ours is a problem document too, and says nothing about itself."""
    app = create_app(Settings(database_url=article_url))

    async def broken(request: Request) -> Response:
        raise RuntimeError("a secret about SELECT")

    app.add_route("/broken", broken)
    with TestClient(app) as client:
        refusal = problem(client, "/broken", 500)
        assert refusal["title"] == "Internal error"
        response = client.get("/broken")
        assert "secret" not in response.text
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["x-content-type-options"] == "nosniff"
        head = client.head("/broken")
        assert (head.status_code, head.content) == (500, b"")


def test_a_database_that_is_away(database_url: str) -> None:
    """Without tables the service waits; it neither fails nor pretends that there is nothing."""
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        for path in ("/v1/incidents", "/v1/quotes/anything", "/readyz"):
            assert problem(client, path, 503)["title"] == "Unavailable"
            response = client.get(path)
            assert int(response.headers["retry-after"]) > 0
            assert response.headers["access-control-allow-origin"] == "*"
        assert client.get("/healthz").status_code == 200
