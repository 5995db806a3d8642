"""Malformed input behind valid pipelined requests: those are answered completely, then the rest is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import eventually, serving
from tests.server import raw_http
from tests.server.raw_http import RawResponse, ask, first

SLOW = "/v1/facets?of=incidents&facet=kind"
"""A question that is still being answered when what follows it is read."""

GOOD = f"GET {SLOW} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
BROKEN = {
    "no HTTP": b"\x00\x01\x02 no request at all\r\n\r\n",
    "TLS": bytes.fromhex("16030100b8010000b403033a") + bytes(180),
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
    "a chunk without a size": b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    "a chunk longer than its size": b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
    "two lengths": b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
}


def chunked(answer: RawResponse) -> bool:
    return answer.header("transfer-encoding") == "chunked"


def taken_apart(data: bytes) -> Iterator[RawResponse]:
    """The answers that came over a connection, one after the other."""
    while data:
        one = first(data)
        size = int(one.header("content-length") or 0)
        assert one.status, data[:2000]
        assert not chunked(one), data[:2000]
        assert len(one.body) >= size, data[:2000]
        yield RawResponse(one.status, one.headers, one.body[:size], one.head)
        data = one.body[size:]


@pytest.fixture(scope="module")
def logged(article_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server and its log, for tests that wait for every line of their requests: lines are written after responses,
    so what one test leaves unread the next one would count."""
    log = tmp_path_factory.mktemp("broken") / "log"
    with serving(article_url, log=log) as base:
        yield base, log


@pytest.mark.heavy
@pytest.mark.parametrize("before", [1, 3])
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_came_before_is_answered_whole(logged: tuple[str, Path], data: bytes, before: int) -> None:
    base, log = logged
    lines = log.read_text().count("\n")
    whole = ask(base, SLOW)
    *answered, refused = taken_apart(raw_http.send(base, GOOD * before + data))
    assert [(one.status, one.body) for one in answered] == [(200, whole.body)] * before
    assert (refused.status, refused.header("connection")) == (400, "close")
    assert refused.header("content-type") == "application/problem+json"
    assert refused.header("date")
    assert eventually(lambda: log.read_text().count("\n") == lines + 1 + before + 1), "one line for each"
    assert len(log.read_text().splitlines()[-1]) < 500


@pytest.mark.heavy
@pytest.mark.parametrize("behind", ["a chunk without a size", "a chunk longer than its size"])
def test_a_request_whose_own_body_is_broken_is_refused(live: str, behind: str) -> None:
    """Where it is told before the answer has been begun: with the request itself."""
    data = BROKEN[behind].replace(b"GET / ", f"GET {SLOW} ".encode())
    (answer,) = taken_apart(raw_http.send(live, data))
    assert (answer.status, answer.header("connection")) == (400, "close")


LENGTH_3 = f"GET {SLOW} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n".encode()


@pytest.mark.heavy
@pytest.mark.parametrize("before", [b"", GOOD])
@pytest.mark.parametrize("body", [b"hello, world\r\n\r\n", b"abcGET nowhere\r\n\r\n", b"abc\x00\xff", b"abc" * 5000])
def test_what_is_too_much_of_a_body_is_refused_behind_the_answer(
    logged: tuple[str, Path], before: bytes, body: bytes
) -> None:
    base, log = logged
    lines = log.read_text().count("\n")
    *answered, refused = taken_apart(raw_http.send(base, before + LENGTH_3 + body))
    assert [one.status for one in answered] == [200] * (2 if before else 1)
    assert len({one.body for one in answered}) == 1
    assert all(one.header("connection") != "close" for one in answered), "else nothing could follow (RFC 9112, 9.6)"
    assert (refused.status, refused.header("connection")) == (400, "close")
    assert eventually(lambda: log.read_text().count("\n") == lines + len(answered) + 1), "one line for each"


@pytest.mark.heavy
def test_the_connection_ends_behind_a_request_with_a_body(live: str) -> None:
    """Also where the body is as long as it says. What is sent once the answer has said so is not answered any more."""
    for more in (b"", GOOD):
        (answered,) = taken_apart(raw_http.send(live, LENGTH_3 + b"abc" + more))
        assert (answered.status, answered.header("connection")) == (200, "close")


@pytest.mark.heavy
def test_headers_too_large_behind_a_good_request(live: str) -> None:
    data = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"
    *answered, refused = taken_apart(raw_http.send(live, GOOD + data))
    assert [one.status for one in answered] == [200]
    assert refused.status == 431


@pytest.mark.heavy
def test_nothing_is_lost_whatever_follows(live: str) -> None:
    """Also where what is asked is in memory, and goes out before it is looked at what follows."""
    for target in ("/v1/incidents?limit=1", "/v1/search?q=raid", "/v1/incidents.csv", "/", "/nothing"):
        good = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for _ in range(3):
            received = raw_http.send(live, good + b"\xff\xfe\r\n\r\n")
            statuses = re.findall(rb"HTTP/1\.1 (\d+)", received)
            assert statuses == [b"404" if target == "/nothing" else b"200", b"400"], (target, received[:300])
