"""A figure of 41 becomes 43, by the commands and over HTTP: what was published before can be read and cited, and
readers are told what was wrong."""

import csv
import io
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests import sample
from tests.answers import body
from tests.conftest import serving
from tests.sample import INCIDENTS, record
from tests.test_cli import DATELINE, dateline, environment, refused

BASE = "http://127.0.0.1:8000"
CLAIM, INCIDENT = "/v1/casualties/ferry-dead", "/v1/incidents/ferry-shooting"
WRONG = {"date": "2021-10-02", "text": "43 were killed, not 41: two were found later."}


def killed_in_export(folder: Path, release: int) -> set[str]:
    """The figure of the claim in both files of the dataset."""
    with ZipFile(folder / f"dateline-r{release}.zip") as package:
        (name,) = (name for name in package.namelist() if name.endswith("/casualties.csv"))
        text = package.read(name).decode("utf-8-sig")
    (in_table,) = (row["low"] for row in csv.DictReader(io.StringIO(text, newline="")) if row["id"] == "ferry-dead")
    with closing(sqlite3.connect(folder / f"dateline-r{release}.sqlite")) as database:
        ((in_database,),) = database.execute("SELECT low FROM casualties WHERE id = 'ferry-dead'").fetchall()
    return {in_table, str(in_database)}


@pytest.mark.heavy
def test_41_can_be_read_and_cited_after_it_became_43(tmp_path: Path, database_url: str) -> None:
    files, seed = sample.small(), tmp_path / "seed"
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim.update(low="41", high="41")
    sample.write(files, seed)
    assert "release 1" in dateline("load", seed, url=database_url).stdout
    with serving(database_url) as client:
        cited = body(client, f"/v1/cite?url={INCIDENT}")["data"]
        kept = {path: body(client, path) for path in (CLAIM, INCIDENT, "/v1/incidents?kind=ground_fire")}
        sums = body(client, "/v1/casualties/summary?group_by=outcome")
        table = client.get("/v1/casualties.csv?release=1").text

    claim.update(low="43", high="43")
    sample.write(files, seed)
    strict = dateline("load", seed, "--strict", "--note", "The count of the ferry.", url=database_url)
    assert strict.returncode == 1
    assert "ferry-dead: low: 'low' was 41 and is 43" in strict.stderr
    assert "warning: " in (dry := dateline("load", seed, "--dry-run", url=database_url)).stderr
    assert "ferry-dead" in dry.stderr
    assert "ferry-dead: low" in dateline("check", seed, "--against", database_url).stdout
    claim["correction"] = WRONG
    sample.write(files, seed)
    loaded = dateline("load", seed, "--strict", url=database_url)
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert "release 2" in loaded.stdout

    with serving(database_url) as client:
        assert body(client, CLAIM)["data"]["low"] == 43
        address = cited["url"].removeprefix(BASE)
        assert body(client, address)["data"] == kept[INCIDENT]["data"]
        for before in kept.values():
            assert body(client, before["links"]["permanent"])["data"] == before["data"]
        totals = body(client, sums["links"]["permanent"])["data"]["totals"]
        assert [one["low"] for one in totals if one["by"]["outcome"]["value"] == "killed"] == [41]
        assert client.get("/v1/casualties.csv?release=1").text == table
        again = body(client, f"/v1/cite?url={cited['url']}")["data"]
        assert again == cited
        assert body(client, f"/v1/cite?url={INCIDENT}")["data"]["url"] != cited["url"]
        (told,) = body(client, "/v1/corrections")["data"]
        assert (told["id"], told["correction"], told["release"]) == ("ferry-dead", WRONG, 2)
        assert {"pointer": "/low", "before": 41, "after": 43} in told["changed"]
        page = client.get("/incidents/ferry-shooting").text
        assert WRONG["text"] in page

    folder = tmp_path / "files"
    for release, figure in ((1, "41"), (2, "43")):
        command: list[str | Path] = [DATELINE, "export", folder, "--release", str(release)]
        exported = subprocess.run(command, env=environment(database_url), capture_output=True, text=True)
        assert (exported.returncode, exported.stderr) == (0, "")
        assert killed_in_export(folder, release) == {figure}
        with serving(database_url) as client:
            for kind in ("zip", "sqlite"):
                served = client.get(f"/v1/dataset.{kind}?release={release}").content
                assert (folder / f"dateline-r{release}.{kind}").read_bytes() == served
    other = tmp_path / "other"
    assert "from 1 to 2, the newest" in refused(dateline("export", other, "--release", "3", url=database_url))
    for unreadable in ("0", "-1", "newest"):
        told = dateline("export", other, "--release", unreadable, url=database_url)
        assert (told.returncode, "Invalid value for '--release'" in told.stderr) == (2, True), told.stderr
    assert not other.exists()
