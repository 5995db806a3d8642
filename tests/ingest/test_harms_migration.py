"""A database of a release before there were harms: migrated, its sums are right, and the next load writes it anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.storage.database import Database
from app.storage.schema import migrate
from tests import sample
from tests.answers import body
from tests.conftest import load_seed, serving

pytestmark = pytest.mark.heavy

Json = dict[str, Any]

BEFORE = "0015"
"""The revision before harms."""


def without_harms(document: Json) -> Json:
    """A document as it was before."""
    for claim in (document, *document.get("casualties", ())):
        for key in ("harm", "part_of", "best"):
            claim.pop(key, None)
    document.pop("harms", None)
    for total in filter(None, document.get("totals", {}).values()):
        total.pop("best")
        total.pop("in_dispute")
        (total["parts"] or {}).pop("best", None)
    return document


def test_a_filled_database_gets_harms_and_keeps_its_history(database_url: str, tmp_path: Path) -> None:
    folder = sample.write(sample.small(), tmp_path)
    load_seed(database_url, folder)
    database = Database(database_url)
    migrate(database, BEFORE)
    with database.writer() as connection:
        for number, stored in connection.execute(text("SELECT number, document FROM documents")).all():
            old = json.dumps(without_harms(json.loads(stored)))
            connection.execute(
                text("UPDATE documents SET document = :old WHERE number = :number"), {"old": old, "number": number}
            )
    migrate(database)
    database.close()
    with serving(database_url) as client:
        rows = body(client, "/v1/casualties/summary")["data"]["rows"]
        assert {
            row["by"]["outcome"]["value"]: (row["low"], row["high"], row["best"], row["harms"]) for row in rows
        } == {
            "killed": (2, 2, 2, 1),
            "wounded": (3, None, None, 1),
            "detained": (1, 1, 1, 1),
        }
    load_seed(database_url, folder)
    with serving(database_url) as client:
        assert [one["number"] for one in body(client, "/v1/releases")["data"]] == [2, 1]
        changes = body(client, "/v1/changes?limit=500&history=true")["data"]
        changed = {(one["release"], one["op"]) for one in changes if one["type"] != "codebook"}
        assert changed == {(1, "ADD"), (2, "MOD")}
        ferry = body(client, "/v1/incidents/ferry-shooting")["data"]
        assert (ferry["version"], ferry["changed_in"]) == (2, 2)
        assert [harm["id"] for harm in ferry["harms"]] == ["ferry-dead", "ferry-wounded"]
        assert ferry["totals"]["killed"]["best"] == 2
        history = body(client, "/v1/incidents/ferry-shooting/history")["data"]
        assert [one["version"] for one in history] in ([1, 2], [2, 1])
