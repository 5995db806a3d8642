"""`python -m tests.examples`: asks the service over the shipped seed for the answers that its OpenAPI document shows as
examples, and writes them to `app/api/examples.json`; beside it the reference of the format of seed files, and the next
context of JSON-LD where documents have other terms than before."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine, update
from starlette.testclient import TestClient

import app.api.openapi
from app.api.openapi import EXAMPLES_FILE, shortened
from app.api.routes.pages import SEED_REFERENCE
from app.exports.linked_data.context import FOLDER, frozen_context, made_context, newest_version
from app.ingest.editing.seed_reference import seed_reference
from app.records import RECORD_TYPES
from app.settings import SEED
from app.storage import models
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
"""When the seed was loaded, as far as the examples say."""


@contextmanager
def service_of_examples(url: str) -> Iterator[TestClient]:
    """The service over the shipped seed, loaded at a time that does not change."""
    load_seed(url, SEED)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(update(models.Release).values(loaded_at=LOADED))
    engine.dispose()
    with serving(url) as client:
        yield client


def answers(client: TestClient) -> dict[str, Any]:
    """The examples: path and shortened answer."""
    return {path: shortened(client.get(url).json()) for path, url in ASKED.items()}


if __name__ == "__main__":
    with TemporaryDirectory() as folder, service_of_examples(f"sqlite:///{folder}/dateline.db") as client:
        found = answers(client)
    target = Path(app.api.openapi.__file__).with_name(EXAMPLES_FILE)
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if (made := made_context()) != frozen_context(newest_version()):
        (FOLDER / f"{newest_version() + 1}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    SEED_REFERENCE.write_text(json.dumps(asdict(seed_reference()), ensure_ascii=False, indent=1) + "\n", "utf-8")
