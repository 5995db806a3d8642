"""A client that keeps a copy of the data in sync over HTTP, and checks it as any language could."""

import hashlib
import json
from typing import Any

import rfc8785
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests.answers import body

Copy = dict[tuple[str, str], Any]


def pulled(client: TestClient, release: int | None = None) -> Copy:
    """All documents of the newest release or of another, from the lists, and the codebook."""
    pin = "" if release is None else f"release={release}&"
    codebook = body(client, f"/v1/codebook?{pin}".rstrip("?&"))["data"]
    collected: Copy = {(codebook["type"], codebook["id"]): codebook}
    for resource in RECORD_TYPES:
        url = f"/v1/{resource}?{pin}limit=500"
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


def difference(before: Copy, after: Copy) -> dict[tuple[str, str], str]:
    """What has to be told between two copies; a record that came back differs by its version at least."""
    ops = dict.fromkeys(after.keys() - before.keys(), "ADD") | dict.fromkeys(before.keys() - after.keys(), "DEL")
    return ops | {key: "MOD" for key in before.keys() & after.keys() if before[key] != after[key]}


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


def compared(before: Copy, after: Copy) -> dict[tuple[str, str], Any]:
    """What differs between two copies: operation and, for what both have, every changed value."""
    found: dict[tuple[str, str], Any] = {}
    for key, op in difference(before, after).items():
        changed = None
        if op == "MOD":
            old, new = (
                {name: one for name, one in copy[key].items() if name not in _OF_RELEASES} for copy in (before, after)
            )
            changed = [
                {"pointer": f"/{name}{inner}", "before": a, "after": b}
                for name in {**old, **new}
                for inner, a, b in _values(old.get(name), new.get(name))
            ]
            if not changed:
                continue
        found[key] = op, changed
    return found


_OF_RELEASES = ("version", "changed_in")


def _values(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """The smallest values that differ, lists of another length as wholes, each with the rest of its pointer."""
    if isinstance(old, dict) and isinstance(new, dict):
        inner = [(key, old.get(key), new.get(key)) for key in {**old, **new}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        inner = [(number, *pair) for number, pair in enumerate(zip(old, new, strict=True))]
    else:
        return [] if json.dumps(old) == json.dumps(new) else [("", old, new)]
    return [(f"/{key}{rest}", a, b) for key, one, other in inner for rest, a, b in _values(one, other)]
