"""Feeds independent of their format: entries made from documents and from changes, and removals."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel

from app.model.codebook import ChangeCause
from app.records import BY_TYPE, RECORD_TYPES

Json = dict[str, Any]

TAG_YEAR = "2026"
"""The year in every `tag:` URI (RFC 4151). It must never change: readers treat an entry with another id as new."""

RIGHTS = "The quoted words belong to their publishers."

# Characters that XML 1.0 cannot represent, even escaped; JSON readers show them as garbage.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE_LENGTH = 100
_OPS = {"ADD": "Added", "MOD": "Changed", "DEL": "Removed", "RED": "Redacted"}
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


FEED_LISTS = (*(one.name for one in RECORD_TYPES.values() if one.feed_text), "changes", "corrections")
"""The lists that can be followed by feeds."""


def record(resource: str, text: bytes, updated: str, base: str) -> Entry:
    """Returns the entry of a stored document, of a type that has feeds."""
    record_type, document = RECORD_TYPES[resource], json.loads(text)
    assert record_type.feed_text is not None
    feed_text = record_type.feed_text(document)
    return Entry(
        tag_uri(base, f"/{record_type.type}/{document['id']}"),
        _page(record_type.type, document["id"], base),
        base + document["url"],
        clean(_short(feed_text.title)),
        clean(feed_text.text),
        updated,
        (document["kind"],),
        feed_text.point,
    )


def change(entry: Json, name: str, base: str) -> Entry:
    """Returns the entry of a change, as the changelog serves it, to a record of this name."""
    op = _MERGED if entry["superseded_by"] else _OPS[entry["op"]]
    id_ = tag_uri(base, f"/change/{entry['release']}/{entry['type']}/{entry['id']}")
    title = clean(f"{op}: {_short(name)} ({entry['type']})")
    text = f"{_operation(entry)} in release {entry['release']}, version {entry['version']}."
    if entry["reason"]:
        text = f"{text} Reason: {entry['reason']}"
    if entry["correction"]:
        text = f"{text} {correction_text(entry['correction'])}"
    if entry["cause"] and entry["cause"] != ChangeCause.EDITED:
        text = f"{text} {_cause(entry)}"
    page = _page(entry["type"], entry["id"], base)
    return Entry(id_, page, base + entry["url"], title, clean(text), entry["at"], _tags(entry))


def correction(entry: Json, base: str) -> Entry:
    """Returns the entry of a correction, as the list of corrections serves it."""
    id_ = tag_uri(base, f"/correction/{entry['release']}/{entry['type']}/{entry['id']}")
    title = clean(f"Corrected: {_short(entry['label'])} ({entry['type']})")
    page = _page(entry["type"], entry["id"], base)
    text = clean(correction_text(entry["correction"]))
    return Entry(id_, page, base + entry["url"], title, text, entry["at"], (entry["type"],))


def correction_text(correction: Json) -> str:
    """Returns what was wrong and when it was corrected, in a sentence."""
    return f"Correction of {correction['date']}: {correction['text']}"


def removal(kind: str, row: Any, base: str) -> Removal:
    """Returns the removal of a record's entry, from its row of the log."""
    id_ = tag_uri(base, f"/{kind}/{row.id}")
    into = f"{_MERGED} into {row.superseded_by}. " if row.superseded_by else ""
    return Removal(id_, row.at, clean(f"{into}{row.reason or ''}".strip()))


def _tags(entry: Json) -> tuple[str, ...]:
    return tuple(filter(None, (entry["op"], entry["type"], entry["cause"])))


def _cause(entry: Json) -> str:
    because = ", ".join(f"{one['type']} {one['id']}" for one in entry["because"])
    return f"Cause: {entry['cause']}{f' ({because})' if because else ''}."


def _operation(entry: Json) -> str:
    if entry["superseded_by"]:
        return f"{_MERGED} into {entry['superseded_by']}"
    return _OPS[entry["op"]]


def _page(kind: str, id_: str, base: str) -> str | None:
    """Returns the URL of a record's HTML page; None if it has none."""
    record_type = BY_TYPE.get(kind)
    return f"{base}/{record_type.name}/{id_}" if record_type and record_type.has_page else None


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else f"{title[:_TITLE_LENGTH]}…"


def clean(text: str) -> str:
    """Replaces the characters that a format cannot represent."""
    return _UNWRITABLE.sub("\ufffd", text)
