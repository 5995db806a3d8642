"""`python -m tests.examples`: asks the service over the shipped seed for the answers that its OpenAPI document shows as
examples, and writes them to `app/api/examples.json`; beside it the reference of the format of seed files, and the next
context of JSON-LD where documents have other terms than before."""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

import app.api.openapi
from app.api.openapi import EXAMPLES_FILE, shortened
from app.api.routes.pages import SEED_REFERENCE
from app.exports.linked_data.context import FOLDER, frozen_context, made_context, newest_version
from app.ingest.editing.seed_reference import seed_reference
from app.records import RECORD_TYPES
from app.settings import SEED
from tests.conftest import load_seed, serving

ASKED = {
    "/v1/casualties/summary": "/v1/casualties/summary?incident=kubaiba-raid&group_by=claimed_by",
    "/v1/facets": "/v1/facets?of=incidents&facet=kind,month&datetime=2019",
    "/v1/articles/{id}/evidence": "/v1/articles/foltyn-us-iran-isis-2020/evidence?paragraph=24&limit=2",
    "/v1/search": "/v1/search?q=handwriting",
    "/v1/changes": "/v1/changes?since=0&type=incident&limit=2",
    "/v1/cite": "/v1/cite?url=/v1/incidents/kanoos-island-raid",
    "/v1/corrections": "/v1/corrections",
    "/v1/releases": "/v1/releases",
    "/v1/releases/{number}": "/v1/releases/1",
    **{f"/v1/{name}/{{id}}": f"/v1/{name}/{one.example}" for name, one in RECORD_TYPES.items()},
    **{f"/v1/{name}/{{id}}/history": f"/v1/{name}/{one.example}/history" for name, one in RECORD_TYPES.items()},
}
"""The question behind each example. No answer depends on ranks, which differ by engine."""

LOADED = "2026-11-24T09:30:00Z"
"""Stands for the time when the seed was loaded."""


def answers(client: TestClient) -> dict[str, Any]:
    """The examples: path and shortened answer."""
    return {path: _at_one_time(shortened(client.get(url).json())) for path, url in ASKED.items()}


def _at_one_time(value: Any) -> Any:
    if isinstance(value, list):
        return [_at_one_time(item) for item in value]
    if isinstance(value, dict):
        return {key: LOADED if key in ("at", "loaded_at") else _at_one_time(item) for key, item in value.items()}
    return value


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        load_seed(url := f"sqlite:///{folder}/dateline.db", SEED)
        with serving(url) as client:
            found = answers(client)
    target = Path(app.api.openapi.__file__).with_name(EXAMPLES_FILE)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if (made := made_context()) != frozen_context(newest_version()):
        (FOLDER / f"{newest_version() + 1}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    SEED_REFERENCE.write_text(json.dumps(asdict(seed_reference()), ensure_ascii=False, indent=1) + "\n", "utf-8")
