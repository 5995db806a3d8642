"""OpenRefine itself reconciles a column and extends it, driven by its HTTP commands as its own pages drive it.

    apt install openrefine && pytest -m long tests/reconciliation/test_openrefine.py

It is not run with every change, because it brings 350 MB with it, Java among them.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.conftest import Figure
from tests.live import free_port
from tests.web.test_clients_guide import code

pytestmark = pytest.mark.long

TABLE = "place,kind\nKanous,village\nBagdad,city\nNinevah,province\nNowhereburg,city\n"

Json = dict[str, Any]


class Refine:
    """OpenRefine's commands for one project."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.project = ""

    def create(self, table: str) -> None:
        answer = self._http.post(
            "/command/core/create-project-from-upload",
            params={"csrf_token": self._token(), "options": json.dumps({"separator": ","})},
            data={"project-name": "places", "format": "text/line-based/*sv"},
            files={"project-file": ("places.csv", table, "text/csv")},
        )
        self.project = answer.headers["location"].rpartition("=")[2]

    def run(self, command: str, **parameters: str) -> None:
        """Starts what takes time, and waits for its end."""
        asked = {"project": self.project, "csrf_token": self._token(), "engine": '{"facets":[],"mode":"row-based"}'}
        answer = self._http.post(f"/command/core/{command}", params=asked, data=parameters)
        assert answer.json()["code"] in ("ok", "pending"), answer.text
        deadline = time.monotonic() + 60
        while self._http.get("/command/core/get-processes", params={"project": self.project}).json()["processes"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def matches(self) -> dict[str, Json]:
        """What the cells of the first column are matched with."""
        answer = self._rows()
        recons = {row["cells"][0]["v"]: answer["pool"]["recons"][row["cells"][0]["r"]] for row in answer["rows"]}
        return {value: recon["m"] for value, recon in recons.items() if recon["j"] == "matched"}

    def values(self, first: str) -> list[Any]:
        """The values that the row with this first cell was extended by."""
        (cells,) = (row["cells"] for row in self._rows()["rows"] if row["cells"][0]["v"] == first)
        return [cell["v"] for cell in cells[2:]]

    def _rows(self) -> Json:
        asked = {"project": self.project, "start": "0", "limit": "100"}
        answer: Json = self._http.post("/command/core/get-rows", params=asked).json()
        return answer

    def version(self) -> str:
        return str(self._http.get("/command/core/get-version").json()["full_version"])

    def _token(self) -> str:
        return str(self._http.get("/command/core/get-csrf-token").json()["token"])


@pytest.fixture
def refine(tmp_path: Path) -> Iterator[Refine]:
    program, port = shutil.which("openrefine"), free_port()
    if program is None:
        pytest.skip("no OpenRefine: apt install openrefine")
    command = [program, "-p", str(port), "-i", "127.0.0.1", "-d", str(tmp_path), "-x", "refine.headless=true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                _wait(http)
                yield Refine(http)
        finally:
            server.terminate()
            server.wait(60)


def _wait(http: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            http.get("/command/core/get-version").raise_for_status()
            return
        except httpx.HTTPError:
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_openrefine_reconciles_and_extends_a_column(live: str, refine: Refine, figure: Figure) -> None:
    manifest = httpx.get(f"{live}/reconcile").json()
    spaces = {"identifierSpace": manifest["identifierSpace"], "schemaSpace": manifest["schemaSpace"]}
    refine.create(TABLE)
    config = {"mode": "standard-service", "service": f"{live}/reconcile", **spaces, "autoMatch": True, "limit": 0}
    config |= {"type": {"id": "places", "name": "Places"}}
    config |= {"columnDetails": [{"column": "kind", "property": {"id": "kind", "name": "kind"}}]}
    refine.run("reconcile", columnName="place", config=json.dumps(config))
    found = refine.matches()
    assert {name: place["id"] for name, place in found.items()} == {
        "Kanous": "places/kanoos-village",
        "Bagdad": "places/baghdad",
    }
    asked = json.dumps({"properties": [{"id": one, "name": one} for one in ("latitude", "name")]})
    refine.run(
        "extend-data",
        baseColumnName="place",
        endpoint=f"{live}/reconcile",
        columnInsertIndex="1",
        extension=asked,
        **spaces,
    )
    for name, place in found.items():
        record = httpx.get(f"{live}/v1/{place['id']}").json()["data"]
        assert refine.values(name) == [record["latitude"], record["name"]]
    assert refine.values("Nowhereburg") == []
    figure(f"OpenRefine {refine.version()} has matched {len(found)} of 4 cells, and got two columns for them")


def test_the_operations_of_the_guide_find_places_and_add_their_points(
    live: str, refine: Refine, figure: Figure
) -> None:
    refine.create(TABLE)
    refine.run("apply-operations", operations=code("OpenRefine", live))
    found = refine.matches()
    assert found["Kanous"]["id"] == "places/kanoos-village"
    for name, place in found.items():
        record = httpx.get(f"{live}/v1/{place['id']}").json()["data"]
        assert refine.values(name)[:2] == [one for one in (record["latitude"], record["longitude"]) if one is not None]
    figure(f"OpenRefine: {refine.version()}, {len(found)} of 4 names matched")
