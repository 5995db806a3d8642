"""The benchmark runs: its archive is sound, its twin answers as the service does, and every job yields a figure.

How fast anything is stays out of CI's verdict.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from app.ingest.release.loading import dossier
from app.model.codebook import shipped
from tests.bench import front_ends, naive
from tests.bench.invention import Size, marked_words, write
from tests.bench.servers import ROOT
from tests.conftest import load_seed, serving

JOBS = (
    "filtered list of 50, not cached",
    "one record, not cached",
    "same list, cached",
    "304 for it",
    "page at row",
    "newest 50 of a full-text query",
    "bbox, 1000 features as GeoJSON",
    "export of all as NDJSON",
    "p99 of one record while an export runs",
    "p99 of one record while eight clients ask for facets",
    "filtered lists by two workers on two cores",
    "loading incidents with their claims and evidence",
)
QUESTIONS = (
    "/v1/incidents?kind=killing&datetime=1990-04&limit=50&sort=-date",
    "/v1/incidents?limit=200&sort=-date",
    f"/v1/incidents?q={marked_words()[0]}&limit=50&sort=-date",
    "/v1/incidents.geojson?bbox=41,31,44,34",
)


def test_the_archive_is_sound_and_as_large_as_asked(tmp_path: Path) -> None:
    write(tmp_path, 300)
    found = dossier(tmp_path)
    assert len(found.articles) == Size(300).articles == 2
    assert len(found.incidents) == len(found.quotes) == 300
    assert {entry.seed.kind for entry in found.incidents.values()} == set(shipped().values("incident.kind"))
    claims = [len(entry.seed.casualties) for entry in found.incidents.values()]
    assert {min(claims), max(claims)} == {1, 3}


def test_the_same_seed_gives_the_same_archive(tmp_path: Path) -> None:
    def files(name: str, seed: int) -> dict[str, bytes]:
        write(tmp_path / name, 260, seed)
        paths = (path for path in (tmp_path / name).rglob("*") if path.is_file())
        return {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in paths}

    first = files("first", 1)
    assert first == files("again", 1)
    assert first != files("other", 2)


@pytest.mark.heavy
def test_a_smoke_run_measures_every_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "RESULTS.md"
    command = [sys.executable, "-m", "tests.bench", "--incidents", "1000", "--smoke"]
    options = ["--results", str(results), "--folder", str(tmp_path)]
    ran = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr

    rows = [line.strip("| ").split(" | ") for line in results.read_text("utf-8").splitlines() if line.startswith("| ")]
    for job in JOBS:
        cells = next((row for row in rows if row[0].startswith(job)), None)
        assert cells is not None, f"nothing is said of {job}"
        assert any(float(figure.replace(",", "")) > 0 for figure in re.findall(r"[\d,.]*\d", cells[2])), cells

    monkeypatch.setenv("BENCH_NAIVE", str(tmp_path / "naive.db"))
    with serving(f"sqlite:///{tmp_path}/dateline.db") as service, TestClient(naive.create_app()) as twin:
        for question in QUESTIONS:
            assert ids(service, question) == ids(twin, question) != []
        assert service.get("/v1/incidents").json()["meta"]["matched"] == 1000


def ids(client: TestClient, question: str) -> list[str]:
    """The ids in an answer, in order."""
    answer = client.get(question).json()
    return [record["id"] for record in answer.get("data") or answer["features"]]


def test_the_variant_is_sound_too(tmp_path: Path) -> None:
    """One large article, statements of which some stand against others, and aliases."""
    write(tmp_path, 460, in_one=200)
    found = dossier(tmp_path)
    assert len(found.articles) == Size(460, 200).articles == 3
    assert len(found.incidents) == len(found.quotes) == 460
    assert sum(bool(entry.seed.contradicts) for entry in found.statements.values()) > 0
    assert sum(bool(entry.seed.aliases) for entry in found.places.values()) > 0


@pytest.mark.heavy
def test_what_counting_adds_to_a_list_is_measured(tmp_path: Path) -> None:
    write(tmp_path / "seed", 2_000)
    url = f"sqlite:///{tmp_path}/dateline.db"
    load_seed(url, tmp_path / "seed")
    command = [sys.executable, "-m", "tests.bench.lists", url, "--rounds", "1", "--seconds", "0.2"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines() if line.startswith("| ")][1:]
    asked, of = ("filtered list of 50", "record"), ("the service", "without the extent", "without counts")
    assert [tuple(row[:2]) for row in rows] == [(one, other) for one in asked for other in of]
    assert all(int(cost) > 0 for _, _, cost, _ in rows)


@pytest.mark.heavy
def test_loads_of_two_builds_are_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.loading", str(ROOT), "--incidents", "300", "--rounds", "1"]
    ran = subprocess.run([*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == [f"{name}{of}" for of in ("", ", median") for name in BUILDS]
    assert all(float(figure) > 0 for row in rows for figure in row[1:])
    assert not list(tmp_path.iterdir())


BUILDS = ("this build", "the build before")


@pytest.mark.heavy
def test_the_dearest_requests_fit_a_kilobyte_and_are_answered(article_url: str) -> None:
    command = [sys.executable, "-m", "tests.bench.dear", article_url]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 10
    for name, size, status, *_ in rows:
        assert int(size) <= 1_000, name
        assert status in ("200", "503"), name


@pytest.mark.heavy
def test_front_ends_get_what_they_need(live: str) -> None:
    """Every line of the report is made, and no id but those of claims, harms and articles stands without words, as the
    guide says."""
    lines = list(front_ends.measured(urlsplit(live).port or 0))
    needs = [line for line in lines if not line.startswith(" ")]
    assert needs == list(front_ends.NEEDS)
    values = dict(line.strip().split(": ", 1) for line in lines if line.startswith(" "))
    assert values["keys that an incident always has with `fields`"] == "id, type, url"
    bare = {path for name, paths in values.items() if name.startswith("ids in ") for path in paths.split(", ")}
    elsewhere = {path for path in bare if path.endswith("evidence.article")}
    assert bare - elsewhere <= {"none", "part_of", "casualties.part_of", "harm.id", "casualties.harm.id"}
    guide = (ROOT / "app/web/guides/upgrading.md").read_text("utf-8").partition("Three ids stay bare.")[2]
    assert all(f"`{name}`" in guide for name in ("article", "part_of", "harm.id", "include=articles"))
    assert "absent" not in values.values()
