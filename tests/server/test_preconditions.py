"""Preconditions in the order of RFC 9110, 13.2.2, on everything that has validators, from memory and made anew."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.routes.downloads import ranges
from app.server.preconditions import Outcome, Preconditions, parse_http_date, range_applies
from tests import sample
from tests.conftest import NewDatabase, load_seed, serving
from tests.sample import INCIDENTS, record

TAG = '"a1"'
CHANGED = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE, AFTER = "Sun, 06 Nov 1994 08:49:36 GMT", "Mon, 07 Nov 1994 00:00:00 GMT"
FORMS = (CHANGED, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994")

DOWNLOADS = ["/v1/dataset.zip", "/v1/dataset.sqlite"]
FILES = ["/docs", "/static/docs.js", "/static/swagger/swagger-ui.css", "/favicon.ico"]
ANSWERS = [
    "/v1/incidents",
    "/v1/places/orsa",
    "/v1/incidents.csv",
    "/v1/places.geojson",
    "/v1/incidents.atom",
    "/v1/changes",
    "/v1/codebook",
    "/ogc/collections/incidents",
    "/",
    "/openapi.json",
    *DOWNLOADS,
    *FILES,
]


def older_forms(date: str) -> list[str]:
    """The same date as RFC 850 and as asctime write it."""
    return [f"{parsedate_to_datetime(date):{form}}" for form in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")]


def judged(*lines: tuple[str, str], etag: str | None = TAG, changed: str | None = CHANGED) -> int:
    """The status that conditions leave of an answer."""
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in lines]
    return Preconditions.of(headers).outcome(etag, changed).value


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("If-Match", TAG, 200),
        ("If-Match", "*", 200),
        ("If-Match", f'"b,2", {TAG}', 200),
        ("If-Match", '"b,2"', 412),
        ("If-Match", f"W/{TAG}", 412),
        ("If-Match", "a1", 412),
        ("If-Match", "", 200),
        ("If-Unmodified-Since", CHANGED, 200),
        ("If-Unmodified-Since", AFTER, 200),
        ("If-Unmodified-Since", BEFORE, 412),
        ("If-Unmodified-Since", "yesterday", 200),
        ("If-Unmodified-Since", f"{BEFORE}, {BEFORE}", 200),
        ("If-None-Match", TAG, 304),
        ("If-None-Match", f"W/{TAG}", 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"b"', 200),
        ("If-None-Match", "a1", 200),
        ("If-Modified-Since", CHANGED, 304),
        ("If-Modified-Since", BEFORE, 200),
        ("If-Modified-Since", AFTER, 200),
        ("If-Modified-Since", "yesterday", 200),
    ],
)
def test_a_condition_alone_decides_the_status(field: str, value: str, status: int) -> None:
    assert judged((field, value)) == status


@pytest.mark.parametrize("form", FORMS)
def test_a_date_has_three_forms(form: str) -> None:
    assert parse_http_date(form) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert judged(("If-Modified-Since", form)) == 304
    assert judged(("If-Unmodified-Since", form)) == 200
    assert range_applies(form, None, CHANGED)
    assert not range_applies(form, None, AFTER)


@pytest.mark.parametrize(
    "text", ["", "1994-11-06T08:49:37Z", "Sun, 31 Feb 1994 08:49:37 GMT", CHANGED[:-4], "0" * 9000]
)
def test_what_is_no_date_is_ignored(text: str) -> None:
    assert parse_http_date(text) is None
    assert judged(("If-Modified-Since", text)) == judged(("If-Unmodified-Since", text)) == 200
    assert not range_applies(text, TAG, CHANGED)


def test_two_digits_of_a_year_are_at_most_fifty_years_ahead() -> None:
    now = datetime.now(UTC)
    for years in (-49, -1, 0, 49):
        year = now.year + years
        actual = parse_http_date(f"Monday, 01-Mar-{year % 100:02} 00:00:00 GMT")
        assert actual is not None
        assert actual.year == year


def test_a_tag_goes_before_a_date_and_what_must_hold_before_what_is_known() -> None:
    assert judged(("If-Match", TAG), ("If-Unmodified-Since", BEFORE)) == 200
    assert judged(("If-None-Match", '"b"'), ("If-Modified-Since", CHANGED)) == 200
    assert judged(("If-Match", '"b"'), ("If-None-Match", TAG)) == 412
    assert judged(("If-Unmodified-Since", BEFORE), ("If-Modified-Since", CHANGED)) == 412
    assert judged(("If-Match", TAG), ("If-None-Match", TAG)) == 304


def test_several_lines_are_one_list() -> None:
    assert judged(("If-None-Match", '"b"'), ("If-None-Match", TAG)) == 304
    assert judged(("If-Match", '"b"'), ("If-Match", TAG)) == 200
    assert judged(("If-Modified-Since", CHANGED), ("If-Modified-Since", CHANGED)) == 200


def test_without_validators_only_a_star_holds() -> None:
    assert judged(("If-Match", "*"), etag=None) == 200
    assert judged(("If-Match", TAG), etag=None) == 412
    assert judged(("If-Unmodified-Since", BEFORE), changed=None) == 200
    assert judged(("If-None-Match", TAG), ("If-Modified-Since", CHANGED), etag=None, changed=None) == 200
    assert Preconditions.of([]).outcome(None, None) is Outcome.SENT


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-9", [(0, 9)]),
        ("Bytes=0-0,-1", [(0, 0), (99, 99)]),
        ("bytes= 5-, ,7-8 ", [(5, 99), (7, 8)]),
        ("bytes=90-200", [(90, 99)]),
        ("bytes=-200", [(0, 99)]),
        ("bytes=100-,0-1", [(0, 1)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=9-8", None),
        ("bytes=0-1,x", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("lines=0-1", None),
        ("bytes=٣-٤", None),
        (f"bytes=0-{'9' * 30}", None),
    ],
)
def test_ranges_of_a_hundred_bytes(asked: str, found: list[tuple[int, int]] | None) -> None:
    assert ranges(asked, 100) == found


def test_a_file_without_bytes_has_no_part() -> None:
    assert ranges("bytes=0-", 0) == ranges("bytes=-5", 0) == []


@pytest.fixture(scope="module", params=[0, 2**26], ids=["anew", "memory"])
def desk(request: Any, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The small article, with answers made anew and from memory."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("desk")))
    with serving(url, cache_bytes=request.param) as service:
        yield service


@pytest.mark.heavy
@pytest.mark.parametrize("url", ANSWERS)
def test_what_has_validators_heeds_them(desk: TestClient, url: str) -> None:
    answer = desk.get(url)
    etag, changed = answer.headers["ETag"], answer.headers["Last-Modified"]
    before = parsedate_to_datetime(changed) - timedelta(seconds=1)
    dates = [
        f"{parsedate_to_datetime(changed):{form}}" for form in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")
    ]
    earlier = f"{before:%a, %d %b %Y %H:%M:%S GMT}"
    for method in ("GET", "HEAD"):
        for conditions, status in (
            ({"If-Match": etag}, 200),
            ({"If-Match": '"other"'}, 412),
            ({"If-Match": f"W/{etag}"}, 412),
            ({"If-Unmodified-Since": changed}, 200),
            ({"If-Unmodified-Since": dates[0]}, 200),
            ({"If-Unmodified-Since": earlier}, 412),
            ({"If-Modified-Since": dates[0]}, 304),
            ({"If-Modified-Since": dates[1]}, 304),
            ({"If-Match": '"other"', "If-None-Match": etag}, 412),
            ({"If-Match": etag, "If-None-Match": etag}, 304),
        ):
            response = desk.request(method, url, headers=conditions)
            assert response.status_code == status, (method, conditions)
            if status == 412:
                assert response.headers["Content-Type"] == "application/problem+json"
                assert response.headers["Cache-Control"] == "no-store"
                assert response.headers["ETag"] == etag
                assert response.headers["Access-Control-Allow-Origin"] == "*"
                assert method == "HEAD" or response.json()["instance"] == url
            else:
                assert response.content == (answer.content if (method, status) == ("GET", 200) else b"")


@pytest.mark.heavy
@pytest.mark.parametrize("url", [*DOWNLOADS, *FILES])
def test_a_part_is_judged_last(desk: TestClient, url: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    whole = desk.get(url, headers=plain)
    etag, changed, size = whole.headers["ETag"], whole.headers["Last-Modified"], len(whole.content)
    assert whole.headers["Accept-Ranges"] == "bytes"
    beyond = {"Range": f"bytes={size}-"}
    part = {"Range": "bytes=10-19"}
    old = "Thursday, 01-Jan-98 00:00:00 GMT"
    dates = [
        f"{parsedate_to_datetime(changed):{form}}" for form in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")
    ]
    for conditions, status in (
        (part, 206),
        (part | {"If-Match": etag}, 206),
        (part | {"If-Match": '"older"'}, 412),
        (part | {"If-Unmodified-Since": old}, 412),
        (part | {"If-None-Match": etag}, 304),
        (part | {"If-Modified-Since": changed}, 304),
        (part | {"If-Range": etag}, 206),
        (part | {"If-Range": changed}, 206),
        (part | {"If-Range": dates[0]}, 206),
        (part | {"If-Range": dates[1]}, 206),
        (part | {"If-Range": f"W/{etag}"}, 200),
        (part | {"If-Range": '"older"'}, 200),
        (part | {"If-Range": old}, 200),
        (part | {"If-Match": '"older"', "If-Range": etag}, 412),
        (beyond, 416),
        (beyond | {"If-Range": '"older"'}, 200),
        (beyond | {"If-Match": '"older"'}, 412),
        (beyond | {"If-None-Match": etag}, 304),
    ):
        # Whoever takes a coding, too, gets parts of the bytes as they are.
        for coding in ("identity", "gzip, zstd"):
            response = desk.get(url, headers=conditions | {"Accept-Encoding": coding})
            assert response.status_code == status, conditions
            assert "Content-Encoding" not in response.headers
            assert response.headers["ETag"] == etag
            assert response.headers["Last-Modified"] == changed
            assert status != 200 or response.content == whole.content
            assert status != 206 or response.content == whole.content[10:20]
    for asked in (part, beyond, part | {"If-Range": '"older"'}):
        head = desk.head(url, headers=plain | asked)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(size)
        assert "Content-Range" not in head.headers


def test_parts_that_lie_apart_come_in_one_answer(desk: TestClient) -> None:
    whole = desk.get(DOWNLOADS[0]).content
    response = desk.get(DOWNLOADS[0], headers={"Range": "bytes=0-3,2-5,100-109"})
    assert response.status_code == 206
    boundary = response.headers["Content-Type"].partition("boundary=")[2].encode()
    _, *parts, end = response.content.split(b"--" + boundary)
    bodies = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts]
    assert (bodies, end) == ([whole[0:6], whole[100:110]], b"--")
    beyond = desk.get(DOWNLOADS[0], headers={"Range": f"bytes={len(whole)}-,0-9"})
    assert (beyond.status_code, beyond.content) == (206, whole[:10])


def test_memory_keeps_no_part_and_gives_none(new_database: NewDatabase, tmp_path: Path) -> None:
    """Whoever asks for the whole after somebody asked for a part, and the other way round."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    for path in ("/static/page.css", "/v1/dataset.zip", "/v1/places"):
        with serving(url) as client:
            bounds = {"Range": "bytes=2-3", "Accept-Encoding": "gzip"}
            part = client.get(path, headers=bounds)
            failed = client.get(path, headers={"If-Match": '"x"', "Accept-Encoding": "gzip"})
            beyond = client.get(path, headers={"Range": "bytes=99999999-"})
            for coding in ("gzip", "identity"):
                asked = {"Accept-Encoding": coding}
                first, second = client.get(path, headers=asked), client.get(path, headers=asked)
                assert first.status_code == second.status_code == 200
                assert first.content == second.content
                assert len(first.content) > 4
                assert first.headers.get("Content-Encoding") == second.headers.get("Content-Encoding")
            ranged = path != "/v1/places"
            assert (part.status_code, failed.status_code) == (206 if ranged else 200, 412)
            assert beyond.status_code == (416 if ranged else 200)
            assert "Content-Encoding" not in part.headers
            assert part.content == (first.content[2:4] if ranged else first.content)
            assert client.get(path, headers=bounds).content == part.content


def test_an_error_is_an_error_whatever_must_hold(desk: TestClient) -> None:
    for url, status in (("/v1/incidents?kidn=x", 400), ("/v1/places/nothing-like-it", 404), ("/nowhere", 404)):
        for conditions in ({"If-Match": '"x"'}, {"If-Match": "*"}, {"If-Unmodified-Since": CHANGED}):
            assert desk.get(url, headers=conditions).status_code == status


def test_an_older_release_is_a_failed_precondition(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    urls = ["/v1/incidents", "/v1/incidents.csv", *DOWNLOADS]
    with serving(database_url) as client:
        held = {url: client.get(url).headers for url in urls}
        record(files, INCIDENTS, "boat-stopped")["title"] = "Boat turned back"
        load_seed(database_url, sample.write(files, tmp_path))
        for url, headers in held.items():
            rest = {"Range": "bytes=100-"}
            for conditions in (
                {"If-Match": headers["ETag"]},
                {"If-Unmodified-Since": headers["Last-Modified"]},
                {"If-Match": headers["ETag"], **rest},
                {"If-Unmodified-Since": headers["Last-Modified"], **rest},
            ):
                response = client.get(url, headers=conditions)
                assert (response.status_code, response.headers["Dateline-Release"]) == (412, "2"), (url, conditions)
            for validator in ("ETag", "Last-Modified"):
                again = client.get(url, headers={"If-Range": headers[validator], **rest})
                assert (again.status_code, again.headers["Dateline-Release"]) == (200, "2")
