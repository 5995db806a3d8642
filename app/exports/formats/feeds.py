"""Feeds independent of their format: entries made from documents and from changes, and removals."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

Json = dict[str, Any]

TAG_YEAR = "2026"
"""The year in every `tag:` URI (RFC 4151). It must never change: readers treat an entry with another id as new."""

RIGHTS = "The quoted words belong to their publishers."

# Characters that XML 1.0 cannot represent, even escaped; JSON readers show them as garbage.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE_LENGTH = 100
_OPS = {"ADD": "Added", "MOD": "Changed", "DEL": "Removed"}
_MERGED = "Merged"


@dataclass(frozen=True)
class Entry:
    """One record or one change. `page` is for people, where there is one, `record` for programs; `updated` is when the
    release that changed it was loaded; `point` is lat, lon."""

    id: str
    page: str | None
    record: str
    title: str
    text: str
    updated: str
    tags: tuple[str, ...] = ()
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Removal:
    """The end of an entry: its id, when the release that removed the record was loaded, and why."""

    id: str
    at: str
    reason: str


@dataclass(frozen=True)
class Feed:
    """One page of a feed. `url` is its own address, `first` and `next` those of other pages; `page` shows the same
    records to people, where there is such a page, and `list` to programs."""

    id: str
    title: str
    url: str
    first: str
    next: str | None
    page: str | None
    list: str
    updated: str
    entries: Sequence[Entry]
    removals: Sequence[Removal] = ()


@dataclass(frozen=True)
class FeedFormat:
    """A feed format, declared in the module that writes it and registered in `feed_formats`.

    OpenAPI says with `next`, `updated` and `removed` what the format calls the link to the next page, the time of an
    entry and its end. `model` is the schema of a format that is JSON.
    """

    suffix: str
    media_type: str
    title: str
    write: Callable[[Feed], bytes]
    next: str
    updated: str
    removed: str
    model: type[BaseModel] | None = None


def tag_uri(base: str, path: str) -> str:
    """A `tag:` URI of this service for a path. Its authority has the form of a DNS name, which IPv6 addresses lack."""
    address = urlsplit(base)
    host = address.hostname or ""
    authority = ip_address(host).exploded.replace(":", "-") if ":" in host else host
    return f"tag:{authority},{TAG_YEAR}:{quote(address.path.rstrip('/') + path, safe='/?&=+%~')}"


def _incident(document: Json, updated: str, base: str) -> Entry:
    where = document["location"]
    point = (where["latitude"], where["longitude"]) if where else None
    return _entry(document, updated, base, document["title"], document["summary"], point)


def _quote(document: Json, updated: str, base: str) -> Entry:
    text, voice, relay = document["text"], document["speaker"]["label"], document["relayed_by"]
    if relay is not None:
        voice = f"{voice}, as told by {relay['label']}"
    return _entry(document, updated, base, f"{voice}: “{text}”", f"“{text}”", None)


_RECORDS: dict[str, Callable[[Json, str, str], Entry]] = {"incidents": _incident, "quotes": _quote}

FEED_LISTS = (*_RECORDS, "changes")
"""The lists that can be followed by feeds."""


def record(resource: str, text: str, updated: str, base: str) -> Entry:
    """Returns the entry of a stored document."""
    return _RECORDS[resource](json.loads(text), updated, base)


def change(entry: Json, name: str, base: str) -> Entry:
    """Returns the entry of a change, as the changelog serves it, to a record of this name."""
    op = _MERGED if entry["superseded_by"] else _OPS[entry["op"]]
    id_ = tag_uri(base, f"/change/{entry['release']}/{entry['type']}/{entry['id']}")
    title = clean(f"{op}: {_short(name)} ({entry['type']})")
    text = f"{_operation(entry)} in release {entry['release']}, version {entry['version']}."
    if entry["reason"]:
        text = f"{text} Reason: {entry['reason']}"
    page = _page(entry["type"], entry["id"], base)
    return Entry(id_, page, base + entry["url"], title, clean(text), entry["at"], (entry["op"], entry["type"]))


def removal(kind: str, row: Any, base: str) -> Removal:
    """Returns the removal of a record's entry, from its row of the log."""
    id_ = tag_uri(base, f"/{kind}/{row.id}")
    into = f"{_MERGED} into {row.superseded_by}. " if row.superseded_by else ""
    return Removal(id_, row.at, clean(f"{into}{row.reason or ''}".strip()))


def _operation(entry: Json) -> str:
    if entry["superseded_by"]:
        return f"{_MERGED} into {entry['superseded_by']}"
    return _OPS[entry["op"]]


def _entry(document: Json, updated: str, base: str, title: str, text: str, point: tuple[float, float] | None) -> Entry:
    kind, id_ = document["type"], document["id"]
    record, page = base + document["url"], _page(kind, id_, base)
    tag = tag_uri(base, f"/{kind}/{id_}")
    return Entry(tag, page, record, clean(_short(title)), clean(text), updated, (document["kind"],), point)


def _page(kind: str, id_: str, base: str) -> str | None:
    """Returns the URL of a record's HTML page; None if it has none."""
    return f"{base}/incidents/{id_}" if kind == "incident" else None


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else f"{title[:_TITLE_LENGTH]}…"


def clean(text: str) -> str:
    """Replaces the characters that a format cannot represent."""
    return _UNWRITABLE.sub("\ufffd", text)
