"""What a feed holds, whatever its format: entries made from documents and from changes."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

Json = dict[str, Any]

OWNED_IN = "2026"
"""The year in every `tag:` URI (RFC 4151). It never changes: a reader takes an entry with another id for a new one."""

RIGHTS = "The quoted words belong to their publishers."

# What XML 1.0 has no way to write; JSON readers show it as rubbish.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE_LENGTH = 100
_OPS = {"ADD": "Added", "MOD": "Changed", "DEL": "Removed"}


@dataclass(frozen=True)
class Entry:
    """One record or one change. `updated` is when the release that changed it was loaded; `point` is lat, lon."""

    id: str
    url: str
    title: str
    text: str
    updated: str
    tags: tuple[str, ...] = ()
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Feed:
    """`url` is the feed's own address, `page` that of the same records as JSON."""

    id: str
    title: str
    url: str
    page: str
    updated: str
    entries: list[Entry]


def tag_uri(base: str, path: str) -> str:
    """A `tag:` URI of this service for a path. Its authority has the form of a DNS name, which IPv6 addresses lack."""
    address = urlsplit(base)
    host = address.hostname or ""
    authority = ip_address(host).exploded.replace(":", "-") if ":" in host else host
    return f"tag:{authority},{OWNED_IN}:{quote(address.path.rstrip('/') + path, safe='/?&=+%~')}"


def _incident(document: Json, updated: str, base: str) -> Entry:
    where = document["location"]
    point = (where["latitude"], where["longitude"]) if where else None
    return _entry(document, updated, base, document["title"], document["summary"], point)


def _quote(document: Json, updated: str, base: str) -> Entry:
    text = document["text"]
    return _entry(document, updated, base, f"{document['speaker']['label']}: “{text}”", f"“{text}”", None)


_RECORDS: dict[str, Callable[[Json, str, str], Entry]] = {"incidents": _incident, "quotes": _quote}


def record(resource: str, text: str, updated: str, base: str) -> Entry:
    """The entry of a stored document."""
    return _RECORDS[resource](json.loads(text), updated, base)


def change(made: Json, base: str) -> Entry:
    """The entry of one change, as the log of changes serves it."""
    what = f"{_OPS[made['op']]}: {made['type']} {made['id']}"
    text = made["reason"] or f"{what}, release {made['release']}, version {made['version']}."
    id_ = tag_uri(base, f"/change/{made['release']}/{made['type']}/{made['id']}")
    return Entry(id_, base + made["url"], what, clean(text), made["at"], (made["op"], made["type"]))


def _entry(document: Json, updated: str, base: str, title: str, text: str, point: tuple[float, float] | None) -> Entry:
    id_ = tag_uri(base, f"/{document['type']}/{document['id']}")
    short = title if len(title) <= _TITLE_LENGTH else f"{title[:_TITLE_LENGTH]}…"
    return Entry(id_, base + document["url"], clean(short), clean(text), updated, (document["kind"],), point)


def clean(text: str) -> str:
    """Text that every format can carry."""
    return _UNWRITABLE.sub("\ufffd", text)
