"""Dataset downloads: the same bytes for every request, complete or in ranges, never a partial file."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli import main
from app.exports.datasets import files
from app.storage.database import Database
from app.storage.schema import migrate
from tests import sample
from tests.conftest import NewDatabase, load_seed, serving
from tests.live import dateline

PATHS = ("/v1/dataset.zip", "/v1/dataset.sqlite")
TYPES = {"/v1/dataset.zip": "application/zip", "/v1/dataset.sqlite": "application/vnd.sqlite3"}


@pytest.fixture
def small_url(new_database: NewDatabase, tmp_path: Path) -> str:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path / "seed"))
    return url


class Export:
    """`dateline export` within this process: its exit code, and what it prints."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATELINE_DATABASE_URL", url)
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, folder: Path) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["dateline", "export", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *self._capsys.readouterr()


@pytest.fixture
def export(small_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Export:
    return Export(small_url, capsys, monkeypatch)


def packages(folder: Path) -> list[Path]:
    """The zip files that are there."""
    return [file for file in folder.rglob("*") if file.is_file() and file.read_bytes().startswith(b"PK")]


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """No file of this process grows beyond `limit` bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.heavy
def test_served_and_exported_bytes_are_the_same(client: TestClient, article_url: str, tmp_path: Path) -> None:
    """The command is another process, so nothing of a process is in the files."""
    out = tmp_path / "deep" / "folder"
    environment = {**os.environ, "DATELINE_DATABASE_URL": article_url, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    done = subprocess.run([dateline(), "export", out], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    files = {path: out / f"dateline-r1{Path(path).suffix}" for path in PATHS}
    assert sorted(out.iterdir()) == sorted(files.values())
    for path, file in files.items():
        served = client.get(path).content
        assert file.read_bytes() == served
        assert f"{file}: {len(served):,} bytes" in done.stdout


@pytest.mark.heavy
def test_every_build_makes_the_same_bytes(small_url: str, folder: Path) -> None:
    collected = []
    for _ in range(2):
        with serving(small_url, cache_bytes=0) as client:
            collected.append([client.get(path).content for path in PATHS])
    assert collected[0] == collected[1]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_file_has_its_type_name_and_release_in_its_head(client: TestClient, path: str) -> None:
    whole = client.get(path)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == TYPES[path]
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.headers["content-disposition"] == f'attachment; filename="dateline-r1{Path(path).suffix}"'
    assert whole.headers["dateline-release"] == "1"
    assert whole.headers["accept-ranges"] == "bytes"
    again = client.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    refused = client.get(path, params={"kind": "raid"})
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "kind")
    documented = client.get("/openapi.json").json()["paths"][path]["get"]["responses"]
    assert documented["200"]["content"][TYPES[path]]["schema"] == {"type": "string", "format": "binary"}
    assert {"206", "400", "416", "503"} <= set(documented)


@pytest.mark.parametrize("path", PATHS)
def test_a_range_of_a_file_is_that_part_of_it(client: TestClient, path: str) -> None:
    whole = client.get(path)
    content, size = whole.content, len(whole.content)
    for asked, start, end in (("0-99", 0, 100), ("1000-", 1000, size), ("-64", size - 64, size), ("5-5", 5, 6)):
        part = client.get(path, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206, asked
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["dateline-release"] == "1"
        assert part.content == content[start:end]
    beyond = client.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert beyond.headers["content-type"] == "application/problem+json"
    assert beyond.json()["status"] == 416
    for nonsense in ("bytes=9-1", "lines=0-3", "bytes", "bytes=x-y"):
        assert client.get(path, headers={"Range": nonsense}).content == content, nonsense


@pytest.mark.parametrize("path", PATHS)
def test_a_broken_download_goes_on_only_with_the_same_file(client: TestClient, path: str) -> None:
    whole = client.get(path)
    rest = {"Range": "bytes=500-"}
    same = client.get(path, headers={**rest, "If-Range": whole.headers["etag"]})
    assert (same.status_code, whole.content[:500] + same.content) == (206, whole.content)
    other = client.get(path, headers={**rest, "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)


def test_those_who_ask_together_wait_for_one_build(small_url: str, folder: Path) -> None:
    with serving(small_url, cache_bytes=0) as client, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(client.get, PATHS * 3))
        assert [answer.status_code for answer in answers] == [200] * 6
        assert len({answer.content for answer in answers}) == 2
        assert len(list(folder.iterdir())) == len(packages(folder)) == 1
    assert list(folder.iterdir()) == []


def test_a_part_is_a_part_of_a_file_from_memory_too(small_url: str, folder: Path) -> None:
    path = "/v1/people.xlsx?limit=1"  # small enough to be kept
    with serving(small_url) as client:
        client.get(path)
        whole = client.get(path)
        assert whole.headers["Cache-Status"] == "dateline; hit"
        part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])


@pytest.mark.heavy
def test_a_new_release_has_a_new_file(small_url: str, folder: Path, tmp_path: Path) -> None:
    seed = sample.small()
    with serving(small_url, cache_bytes=0) as client:
        seen = {client.get(PATHS[0]).headers["etag"]}
        for release in (2, 3, 4):
            sample.record(seed, sample.INCIDENTS, "mill-search")["summary"] = f"Told {release} times."
            load_seed(small_url, sample.write(seed, tmp_path / "seed"))
            answer = client.get(PATHS[0])
            assert answer.headers["dateline-release"] == str(release)
            assert f"dateline-r{release}.zip" in answer.headers["content-disposition"]
            assert answer.headers["etag"] not in seen
            seen.add(answer.headers["etag"])
            assert len(packages(folder)) == 2  # of the newest and of the one before


def test_a_full_disk_is_a_503_and_leaves_nothing(small_url: str, folder: Path) -> None:
    with serving(small_url, cache_bytes=0) as client:
        assert client.get("/v1/incidents").status_code == 200  # the database's own files are there
        for path in PATHS:
            with small_disk(40_000):
                refused = client.get(path)
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
            # Only the name of the database, for redactions to find what was made from it.
            assert {file.name for file in folder.rglob("*") if file.is_file() and file.stat().st_size} == {"lock"}
        for path in PATHS:
            assert client.get(path).status_code == 200


@pytest.mark.heavy
def test_a_large_release_is_written_by_a_process_of_its_own(
    small_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(small_url, cache_bytes=0) as client:
        expected = [client.get(path).content for path in PATHS]
    monkeypatch.setattr(files, "LARGE_RELEASE_RECORDS", 1)
    monkeypatch.setattr(files, "BUILD_WAIT_SECONDS", 60)
    with serving(small_url, cache_bytes=0) as client:
        assert [client.get(path).content for path in PATHS] == expected
        for file in folder.glob("*/*"):
            file.unlink()
        with small_disk(40_000):
            assert client.get(PATHS[0]).status_code == 503
        assert [client.get(path).content for path in PATHS] == expected
    assert list(folder.iterdir()) == []


@pytest.mark.heavy
def test_what_takes_longer_than_anybody_waits_is_there_later(
    small_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGE_RELEASE_RECORDS", 1)
    with serving(small_url, cache_bytes=0) as client:
        monkeypatch.setattr(files, "BUILD_WAIT_SECONDS", 0.01)
        told = client.get(PATHS[0])
        assert (told.status_code, told.headers["Retry-After"]) == (503, "60")
        assert "are being made" in told.json()["detail"]
        assert client.get("/v1/incidents").status_code == 200
        monkeypatch.setattr(files, "BUILD_WAIT_SECONDS", 60)
        assert client.get(PATHS[0]).status_code == 200
        assert len(list(folder.iterdir())) == len(packages(folder)) == 1, "it was not begun anew"


def test_files_that_were_cleaned_away_are_made_again(small_url: str, folder: Path) -> None:
    with serving(small_url, cache_bytes=0) as client:
        before = client.get(PATHS[1]).content
        for file in folder.glob("*/*"):
            file.unlink()
        assert client.get(PATHS[1]).content == before


def test_without_a_release_there_is_no_file(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = Export(database_url, capsys, monkeypatch)
    code, printed, complaint = export(tmp_path / "out")
    assert (code, printed) == (1, "")
    assert "dateline load" in complaint
    database = Database(database_url)
    migrate(database)
    database.close()
    code, printed, complaint = export(tmp_path / "out")
    assert (code, printed) == (1, "")
    assert "No release" in complaint
    assert list(tmp_path.glob("out/*")) == []
    with serving(database_url) as client:
        assert [client.get(path).status_code for path in PATHS] == [503, 503]


def test_an_export_that_fails_leaves_the_old_files(export: Export, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    old = out / "dateline-r1.zip"
    old.write_text("what was there before")
    with small_disk(40_000):
        code, printed, complaint = export(out)
    assert (code, printed) == (1, "")
    assert f"Cannot write to {out}" in complaint
    assert [file.name for file in out.iterdir()] == ["dateline-r1.zip"]
    assert old.read_text() == "what was there before"
    assert export(out)[0] == 0
    assert old.read_bytes().startswith(b"PK")
    code, _, complaint = export(old / "below")
    assert code == 1
    assert f"Cannot write to {old / 'below'}" in complaint
