"""A client that keeps a copy of the data in sync over HTTP, and checks it as any language could."""

import hashlib
import json
from typing import Any

import rfc8785
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests.answers import body

Copy = dict[tuple[str, str], Any]


def pulled(client: TestClient) -> Copy:
    """All documents, from the lists."""
    collected: Copy = {}
    for resource in RECORD_TYPES:
        url = f"/v1/{resource}?limit=500"
        while url:
            page = body(client, url)
            collected |= {(document["type"], document["id"]): document for document in page["data"]}
            url = page["links"].get("next")
    return collected


class Reader:
    """A copy at a release, and the way to today's."""

    def __init__(self, client: TestClient, copy: Copy, release: int, limit: int) -> None:
        self.copy = dict(copy)
        self.release = release
        self._client = client
        self._limit = limit
        self._next: str | None = None

    def turn_page(self) -> bool:
        """Applies one page of the log; whether there is another."""
        start = f"/v1/changes?since={self.release}&include=document&limit={self._limit}"
        page = body(self._client, self._next or start)
        for entry in page["data"]:
            key = entry["type"], entry["id"]
            if entry["document"] is None:
                self.copy.pop(key, None)
            else:
                self.copy[key] = entry["document"]
        self._next = page["links"].get("next")
        if self._next is None:
            self.release = page["meta"]["release"]
        return self._next is not None

    def catch_up(self) -> Copy:
        while self.turn_page():
            pass
        return self.copy


def digest(copy: Copy) -> str:
    """What `/v1/releases/{number}` has as its digest, computed from a copy."""
    lines = []
    for (kind, id_), document in copy.items():
        content = {key: value for key, value in document.items() if key not in ("version", "changed_in")}
        lines.append(f"{kind}/{id_} {hashlib.sha256(rfc8785.dumps(content)).hexdigest()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def as_json(copy: Copy) -> list[str]:
    """Documents in a form that differs when a single key does, its place included."""
    return sorted(json.dumps(document) for document in copy.values())
