"""A mirror gives every operation's answer as its source does, and is whole whenever it is killed."""

import io
import json
import os
import random
import signal
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from httpx2 import Response

from app.storage.database import Database
from tests.answers import body
from tests.api.test_response_headers import address as with_ids
from tests.conftest import Figure, NewDatabase, create_tables, serving
from tests.ingest.interrupted_loads import integrity_problems
from tests.ingest.test_mirrors import EDITS, Published, copy, forgetful_answers, source
from tests.live import ENDLESS, dateline

KILLS = int(os.environ.get("DATELINE_KILLS", "3"))
ZIPPED = ("application/zip", "application/vnd.openxmlformats")
PATIENT = {"query_seconds": 60}
"""What is read while other processes write may take long."""

SAME_ADDRESS = "https://dateline.example"


def content(response: Response) -> Any:
    """What an answer says, without the origin, which only a mirror has, and without times of making files."""
    kind = response.headers.get("content-type", "")
    if kind.startswith(ZIPPED):
        with zipfile.ZipFile(io.BytesIO(response.content)) as files:
            return {one: files.read(one) for one in files.namelist() if one != "docProps/core.xml"}
    if "json" in kind and "ndjson" not in kind and "\n" not in response.text.strip():
        return without_origin(response.json())
    return response.content


def without_origin(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_origin(one) for key, one in value.items() if key != "origin"}
    return [without_origin(one) for one in value] if isinstance(value, list) else value


@pytest.mark.heavy
def test_every_operation_answers_as_at_the_source(new_database: NewDatabase, tmp_path: Path, figure: Figure) -> None:
    made = Published(new_database(), tmp_path)
    made.publish(*EDITS[0], number=1)
    create_tables(url := new_database())
    with source(made.url) as address:
        assert copy(address, url) == [1, 2]
    compared = 0
    with serving(made.url, public_url=SAME_ADDRESS) as one, serving(url, public_url=SAME_ADDRESS) as other:
        for path, methods in one.get("/openapi.json").json()["paths"].items():
            if path == ENDLESS or "get" not in methods:
                continue
            path = path.replace("{base}", "2").replace("{head}", "1")
            asked, parameters = with_ids(one, path, methods["get"]) if "{" in path else (path, {})
            for more in ({}, {"release": 1}) if _takes_release(methods["get"]) else ({},):
                expected, answer = (client.get(asked, params={**parameters, **more}) for client in (one, other))
                assert answer.status_code == expected.status_code, path
                if not path.endswith(".sqlite"):
                    assert content(answer) == content(expected), path
                    compared += 1
    figure(f"{compared} answers of a mirror compared with its source's")
    assert compared > 80


def _takes_release(operation: dict[str, Any]) -> bool:
    return any(one["name"] == "release" for one in operation.get("parameters", ()))


@pytest.mark.heavy
def test_a_killed_mirror_is_whole_and_goes_on(new_database: NewDatabase, tmp_path: Path, figure: Figure) -> None:
    """At random moments, while its source loads releases. `DATELINE_KILLS=50` asks for more of them."""
    made, dice, killed = Published(new_database(), tmp_path), random.Random(7), 0
    create_tables(url := new_database())

    def load() -> None:
        for number in range(2 * KILLS):
            made.publish(*EDITS[number % len(EDITS)], number=number + 1)

    loading = Thread(target=load)
    with source(made.url) as address, serving(made.url, **PATIENT) as client:
        loading.start()
        while killed < KILLS:
            killed += _killed(address, url, 0.5 + 3 * dice.random())
            with closing(Database(url)) as database:
                newest = database.newest()
            if newest.number:
                assert integrity_problems(url) == []
                assert body(client, f"/v1/releases/{newest.number}")["data"]["digest"] == newest.digest
            elif not loading.is_alive() and killed > KILLS // 2:
                copy(address, url)
        loading.join()
        copy(address, url)
        with serving(url, **PATIENT) as mirror:
            last = body(client, "/v1/releases?limit=1")["data"][0]["number"]
            for release in range(1, last + 1):
                expected, told = forgetful_answers(client, release), forgetful_answers(mirror, release)
                for path, answer in expected.items():
                    assert json.dumps(told[path]) == json.dumps(answer), path
    figure(f"{killed} mirrors killed, {last} releases: all answers equal")


def _killed(address: str, url: str, seconds: float) -> bool:
    """Starts a mirror and kills it after a time; whether it was still at work."""
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    command: list[str | Path] = [dateline(), "mirror", address, "--follow"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
            return True
    return False
