"""`dateline import`, as a desk runs it: from a table to records that are served."""

import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from tests.conftest import Figure, NewDatabase, serving
from tests.importing.invented import MAP, row, write_map, write_table
from tests.live import dateline as installed
from tests.live import eventually
from tests.test_cli import dateline, refused


def test_a_table_is_imported_loaded_and_served(tmp_path: Path, database_url: str) -> None:
    table = write_table(tmp_path / "log.csv", [row(1, side="Guards"), row(2, low="9", best="", high="7")])
    write_map(tmp_path / "map.yaml")
    done = dateline("import", table, "--map", "map.yaml", "--refused", "refused.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "2 rows: 1 incident," in done.stdout
    assert "1 row was refused; refused.csv says why." in done.stderr
    assert dateline("load", tmp_path / "seed", url=database_url).returncode == 0
    with serving(database_url) as client:
        record = client.get("/v1/incidents/log-1").json()["data"]
    assert record["totals"]["killed"] == {"low": 1, "high": 3, "best": 2, "in_dispute": 0, "parts": None}
    assert record["evidence"][0]["article"] == "river-log"


def test_a_desk_that_has_articles_here_imports_here(tmp_path: Path) -> None:
    desk, table = tmp_path / "desk", write_table(tmp_path / "log.csv", [row(1)])
    (desk / "articles").mkdir(parents=True)
    assert dateline("import", table, "--map", write_map(tmp_path / "map.yaml"), cwd=desk).returncode == 0
    assert (desk / "articles" / "river-log" / "incidents.jsonl").is_file()
    assert sorted(path.name for path in desk.iterdir()) == ["articles", "places.jsonl"]


def test_mistakes_are_counted_and_say_what_follows(tmp_path: Path) -> None:
    table = write_table(tmp_path / "log.csv", [row(1, low="9"), row(2)])
    done = dateline("import", table, "--map", write_map(tmp_path / "map.yaml"), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "1 mistake; nothing is imported until all are mended, or --refused names a file for rows with mistakes."
    )
    write_map(tmp_path / "map.yaml", places={})
    done = dateline("import", table, "--map", "map.yaml", cwd=tmp_path)
    assert done.stderr.splitlines()[-1] == "1 mistake; nothing is imported until all are mended."
    assert refused(dateline("import", table)).startswith("Give a table and its map")
    assert "ucdp-ged" in refused(dateline("import", "--example", "ged"))


def test_the_examples_are_printed_to_begin_with() -> None:
    for name in ("acled", "ucdp-ged"):
        assert dateline("import", "--example", name).stdout.startswith("# A map for")


@pytest.mark.heavy
def test_an_import_that_is_killed_changes_nothing_and_is_made_up_for(tmp_path: Path) -> None:
    """It is killed while it writes and checks; the moments of its moves are `test_seed_changes`'s."""
    table, map_ = write_table(tmp_path / "log.csv", [row(1)]), write_map(tmp_path / "map.yaml")
    assert dateline("import", table, "--map", map_, cwd=tmp_path).returncode == 0
    before = contents(tmp_path / "seed")
    write_table(table, [row(number) for number in range(2, 1_002)])
    with subprocess.Popen([installed(), "import", table, "--map", map_], cwd=tmp_path) as process:
        assert eventually(lambda: any(tmp_path.glob(".changes-seed-*/articles/*/incidents.jsonl")))
        process.kill()
    assert any(tmp_path.glob(".changes-seed-*")), "it was killed in the midst of it"
    assert contents(tmp_path / "seed") == before
    assert dateline("import", table, "--map", map_, cwd=tmp_path).returncode == 0
    assert not any(tmp_path.glob(".changes-seed-*"))
    assert len((tmp_path / "seed/articles/river-log/incidents.jsonl").read_text("utf-8").splitlines()) == 1_000


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_twenty_thousand_rows_are_served_in_minutes(tmp_path: Path, new_database: NewDatabase, figure: Figure) -> None:
    """The time is noted, not judged: whoever runs the tests has a machine of their own."""
    random, count = Random(7), 20_000
    rows = [
        row(
            number,
            day=f"{random.randrange(1990, 2021)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}",
            town=f"Town {random.randrange(400)}",
            side=f"Group {random.randrange(40)}",
            sources="; ".join(f'"Wire {random.randrange(300)}; morning"' for _ in range(random.randrange(1, 4))),
            low=str(number % 7),
            best=str(number % 7 + 1),
            high=str(number % 7 + 3),
        )
        for number in range(count)
    ]
    table = write_table(tmp_path / "log.csv", rows)
    article = {**MAP["article"], "id": "log-{year}", "title": "Log of {year}"}
    columns = {"source": {"of": "{sources}", "split": ";"}, "year": {"of": "{day}", "match": "^[0-9]{4}"}}
    write_map(tmp_path / "map.yaml", article=article, columns=columns)
    url, start = new_database(), time.monotonic()
    assert dateline("import", table, "--map", "map.yaml", cwd=tmp_path).returncode == 0
    made = time.monotonic()
    assert dateline("load", tmp_path / "seed", url=url).returncode == 0
    figure(f"import of {count} rows: {made - start:.0f} s, load: {time.monotonic() - made:.0f} s")
    with serving(url) as client:
        assert client.get("/v1/incidents?limit=1&count=exact").json()["meta"]["matched"] == count
