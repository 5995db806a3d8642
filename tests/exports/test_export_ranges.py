"""Range requests for exports: files built once for a release and URL, limited, shared by processes, never blocking."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.routes import exports
from app.storage.shared_directory import SharedDirectory
from tests import every_fifth, live, sample
from tests.answers import problem
from tests.conftest import NewDatabase, load_seed, serving
from tests.exports.test_export import small_disk
from tests.sample import INCIDENTS, record
from tests.server import raw_http
from tests.statements import statements

LISTS = [
    "/v1/incidents.csv",
    "/v1/places.ndjson",
    "/v1/places.geojson",
    "/v1/incidents.ndjson?granularity=event&sort=-date",
    "/v1/incidents.geojson?fields=title,summary,evidence,actors&sort=title&limit=30",
    "/v1/casualties.geojson?flat=false&evidence=none",
]
PLAIN = {"Accept-Encoding": "identity"}
ANY = {"Accept-Encoding": "gzip, zstd"}


@pytest.fixture(scope="module")
def small_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("parts")))
    return url


@pytest.fixture
def desk(small_url: str, folder: Path) -> Iterator[TestClient]:
    with serving(small_url, cache_bytes=0) as service:
        yield service


def part(client: TestClient, url: str, bounds: str = "0-9", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(url, headers={"Range": f"bytes={bounds}", **named})


def files(folder: Path) -> list[Path]:
    """The prepared files."""
    return [path for path in folder.rglob("export-*") if path.is_file() and not path.suffix]


def count_statements(work: Callable[[], object]) -> int:
    """So many statements are sent meanwhile, beside which release is the newest."""
    with statements() as sent:
        work()
    return len(sent)


@pytest.mark.parametrize("url", LISTS)
def test_parts_are_parts_of_the_whole(desk: TestClient, url: str) -> None:
    whole = desk.get(url, headers=PLAIN)
    size = len(whole.content)
    head = desk.head(url, headers=PLAIN)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(size)
    assert head.headers["Accept-Ranges"] == "bytes"
    same = ("ETag", "Last-Modified", "Content-Type", "Content-Disposition", "Dateline-Release", "Link", "Cache-Control")
    for bounds, first, last in (
        ("0-99", 0, 99),
        ("100-", 100, size - 1),
        ("-7", size - 7, size - 1),
        ("0-", 0, size - 1),
    ):
        for coding in (PLAIN, ANY):
            response = part(desk, url, bounds, **coding)
            assert (response.status_code, response.content) == (206, whole.content[first : last + 1])
            assert response.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
            assert {name: response.headers[name] for name in same} == {name: whole.headers[name] for name in same}
            assert "Content-Encoding" not in response.headers
            assert "Accept-Encoding" in response.headers["Vary"]
    several = part(desk, url, "0-3,50-59")
    assert several.status_code == 206
    assert whole.content[50:60] in several.content
    beyond = part(desk, url, f"{size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert beyond.json()["status"] == 416
    for headers, status in (
        ({"If_Range": whole.headers["ETag"]}, 206),
        ({"If_Range": whole.headers["Last-Modified"]}, 206),
        ({"If_Range": desk.get(url, headers=ANY).headers["ETag"]}, 200),
        ({"If_Match": whole.headers["ETag"]}, 206),
        ({"If_Match": '"x"'}, 412),
        ({"If_None_Match": whole.headers["ETag"]}, 304),
    ):
        response = part(desk, url, **headers)
        assert response.status_code == status, headers
        assert status != 200 or response.content == whole.content


def test_a_whole_export_is_not_prepared(desk: TestClient, folder: Path) -> None:
    for url in LISTS:
        assert desk.get(url).status_code == 200
    assert desk.head(LISTS[0], headers=ANY).headers["Content-Encoding"] == "zstd"
    assert list(folder.iterdir()) == []


def test_a_bad_question_is_refused_in_parts_too(desk: TestClient) -> None:
    for query, name in (("kidn=raid", "kidn"), ("place=nowhere-at-all", "place"), ("cursor=abc", "cursor")):
        refused = part(desk, f"/v1/incidents.csv?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, name)


def test_it_is_prepared_once(desk: TestClient, folder: Path) -> None:
    url = LISTS[0]
    assert count_statements(lambda: desk.get(url)) == (once := count_statements(lambda: part(desk, url)))
    assert once > 0
    assert count_statements(lambda: [part(desk, url, "5-9"), desk.head(url, headers=PLAIN), part(desk, url, "-3")]) == 0
    # Another spelling of the address is the same file, another order of it is not.
    assert count_statements(lambda: part(desk, "/v1/%69ncidents.csv")) == 0
    whole = count_statements(lambda: desk.get("/v1/quotes.csv"))
    with ThreadPoolExecutor(6) as threads:
        together = count_statements(lambda: list(threads.map(lambda _: part(desk, "/v1/quotes.csv"), range(6))))
    assert together == whole
    assert len(files(folder)) == 2


@every_fifth.parametrize("url", [*LISTS, "/v1/incidents.parquet", "/v1/incidents.arrow?release=1"])
def test_what_is_prepared_is_sent_to_who_asks_for_all_of_it(small_url: str, folder: Path, url: str) -> None:
    with serving(small_url, cache_bytes=0) as one, serving(small_url, cache_bytes=0) as another:
        streamed = {name: another.get(url, headers=coding) for name, coding in (("plain", PLAIN), ("any", ANY))}
        documents_read = count_statements(lambda: another.get(url))
        assert part(one, url).status_code == 206
        sent = {name: another.get(url, headers=coding) for name, coding in (("plain", PLAIN), ("any", ANY))}
        assert count_statements(lambda: another.get(url)) < documents_read
        for name, response in sent.items():
            assert (response.status_code, response.content) == (200, streamed[name].content)
            changing = {"date", "x-request-id", "server-timing", "content-length"}
            assert _fields(response, changing) == _fields(streamed[name], changing)
        assert sent["plain"].headers["Content-Length"] == str(len(sent["plain"].content))
        for coding in (PLAIN, ANY):
            assert _fields(another.head(url, headers=coding)) == _fields(another.get(url, headers=coding))
        assert another.get(url, headers={**PLAIN, "If-None-Match": sent["plain"].headers["ETag"]}).status_code == 304


def _fields(response: Any, but: Collection[str] = ("date", "x-request-id", "server-timing")) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in but}


def test_processes_share_what_is_prepared(small_url: str, folder: Path) -> None:
    with serving(small_url, cache_bytes=0) as one, serving(small_url, cache_bytes=0) as another:
        response = part(one, LISTS[0])
        assert count_statements(lambda: part(another, LISTS[0])) == 0
        assert part(another, LISTS[0]).content == response.content
        one.__exit__(None, None, None)
        assert count_statements(lambda: part(another, LISTS[0])) == 0, "who leaves takes nothing along"
        one.__enter__()
    assert list(folder.iterdir()) == []


def test_a_release_has_files_of_its_own(database_url: str, folder: Path, tmp_path: Path) -> None:
    seed = sample.small()
    load_seed(database_url, sample.write(seed, tmp_path / "seed"))
    with serving(database_url, cache_bytes=0) as client:
        first = part(client, LISTS[0], "0-")
        record(seed, INCIDENTS, "boat-stopped")["title"] = "Boat turned back"
        load_seed(database_url, sample.write(seed, tmp_path / "seed"))
        second = part(client, LISTS[0], "0-")
        assert (first.status_code, second.status_code) == (206, 206)
        assert b"turned back" in second.content
        assert second.headers["Dateline-Release"] == "2"
        old = first.headers["ETag"]
        assert part(client, LISTS[0], If_Match=old).status_code == 412
        whole = part(client, LISTS[0], If_Range=old)
        assert (whole.status_code, whole.content) == (200, second.content)


def test_what_is_larger_than_the_room_has_no_parts(
    small_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_DISK_BYTES", 1000)
    with serving(small_url, cache_bytes=0) as client:
        whole = client.get(LISTS[0], headers=PLAIN).content
        assert len(whole) > 1000
        response = part(client, LISTS[0])
        assert (response.status_code, response.content) == (200, whole)
        assert files(folder) == []
        once = count_statements(lambda: client.get(LISTS[0]))
        assert count_statements(lambda: part(client, LISTS[0])) == once, "it is known that it does not fit"
        head = client.head(LISTS[0], headers=PLAIN)
        assert head.status_code == 200
        assert "Accept-Ranges" not in head.headers


def test_the_oldest_make_room(small_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(small_url, cache_bytes=0) as client:
        urls = [f"/v1/incidents.csv?sort={key}" for key in ("id", "-id", "date", "-date")]
        size = len(client.get(urls[0], headers=PLAIN).content)
    monkeypatch.setattr(exports, "MAX_DISK_BYTES", 2 * size + size // 2)
    monkeypatch.setattr(exports, "MIN_IDLE_SECONDS", 0)
    with serving(small_url, cache_bytes=0) as client:
        for url in urls:
            assert part(client, urls[0]).status_code == 206
            assert part(client, url).status_code == 206
            assert sum(path.stat().st_size for path in files(folder)) <= 2 * size
        assert count_statements(lambda: part(client, urls[0])) == 0, "it was always asked for again"
        assert count_statements(lambda: part(client, urls[1])) > 0


@pytest.mark.heavy
@pytest.mark.parametrize("limit", ["MAX_DISK_BYTES", "MAX_FILES"])
def test_what_is_being_read_does_not_make_room(
    small_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    with serving(small_url, cache_bytes=0) as client:
        size = len(client.get(LISTS[0], headers=PLAIN).content)
    monkeypatch.setattr(exports, limit, 1 if limit == "MAX_FILES" else size + size // 2)
    with serving(small_url, cache_bytes=0) as client:
        assert part(client, LISTS[0]).status_code == 206
        assert part(client, "/v1/incidents.csv?sort=id").status_code == 200
        assert part(client, LISTS[0]).status_code == 206
        assert len(files(folder)) == 1


def test_a_full_disk_costs_the_parts_and_nothing_else(desk: TestClient, folder: Path) -> None:
    whole = desk.get(LISTS[0], headers=PLAIN).content
    with small_disk(1000):
        response = part(desk, LISTS[0])
        assert (response.status_code, response.content) == (200, whole)
    assert files(folder) == []
    assert part(desk, LISTS[0]).status_code == 206


def test_without_a_folder_there_are_no_parts(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    assert part(desk, LISTS[0]).status_code == desk.get(LISTS[0]).status_code == 200


def test_what_takes_longer_than_anybody_waits_is_there_later(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BUILD_WAIT_SECONDS", 0)
    refused = part(desk, LISTS[0])
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert desk.get(LISTS[0]).status_code == 200
    monkeypatch.setattr(exports, "BUILD_WAIT_SECONDS", 20)
    assert part(desk, LISTS[0]).status_code == 206


def test_a_database_that_is_away_is_a_503(database_url: str) -> None:
    with serving(database_url) as client:
        for headers in ({"Range": "bytes=0-1"}, PLAIN):
            assert client.get(LISTS[0], headers=headers).status_code == 503
        assert problem(client, LISTS[0], 503)


HOLDS = """
import sys, time
from app.storage.shared_directory import lock
held = lock(__import__("pathlib").Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_has_left_is_taken_over(desk: TestClient, folder: Path) -> None:
    part(desk, LISTS[0])
    (whole,) = files(folder)
    content = whole.read_bytes()
    whole.unlink()
    half, foreign = (whole.with_name(f"{name}.making") for name in (whole.name, "export-another"))
    for left in (half, foreign):
        left.mkdir()
        (left / "file").write_bytes(content[:20])
    with (
        subprocess.Popen([sys.executable, "-c", HOLDS, whole.with_suffix(".lock")], stdout=subprocess.PIPE) as maker,
        ThreadPoolExecutor(1) as threads,
    ):
        assert maker.stdout is not None
        assert maker.stdout.readline() == b"held\n"
        waiting = threads.submit(part, desk, LISTS[0], "0-")
        assert part(desk, "/v1/places.csv").status_code == 206, "others are prepared meanwhile"
        assert not waiting.done()
        assert half.exists()
        assert not foreign.exists()
        maker.send_signal(signal.SIGKILL)
        assert waiting.result(60).content == content
    assert sorted(path.suffix for path in whole.parent.iterdir() if path != whole) == ["", "", ".lock"]


@pytest.mark.heavy
def test_workers_prepare_it_once_and_leave_nothing(small_url: str, folder: Path) -> None:
    with live.serving(small_url, "--workers", "2", TMPDIR=str(folder)) as base:
        asked = [(url, f"Range: bytes={start}-") for url in LISTS for start in range(8)]
        with ThreadPoolExecutor(8) as threads:
            actual = list(threads.map(lambda one: raw_http.ask(base, *one), asked))
        assert {answer.status for answer in actual} == {206}
        wholes = [answer.body for answer, (_, bounds) in zip(actual, asked, strict=True) if bounds.endswith("=0-")]
        assert sorted(path.read_bytes() for path in files(folder)) == sorted(wholes)
        assert [answer.body for answer in actual] == [whole[start:] for whole in wholes for start in range(8)], (
            "each worker has the same bytes"
        )
    assert live.eventually(lambda: not list(folder.iterdir()))


def test_a_folder_that_others_could_write_to_is_not_used(tmp_path: Path, folder: Path) -> None:
    shared = SharedDirectory("x")
    expected = shared.path
    shared.close()
    assert not expected.exists()
    expected.mkdir(mode=0o777)
    os.chmod(expected, 0o777)
    assert shared.path != expected
    assert shared.path.stat().st_mode & 0o077 == 0
    shared.close()
    assert list(folder.iterdir()) == [expected]


def test_the_contract_names_parts(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]
    for path in ("/v1/incidents.csv", "/v1/quotes.ndjson", "/v1/places.geojson", "/v1/dataset.zip"):
        operation = described[path]["get"]
        assert [one["in"] for one in operation["parameters"] if one["name"] == "Range"] == ["header"]
        assert {"206", "412", "416", "503"} <= set(operation["responses"])
