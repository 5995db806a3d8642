"""Atom (RFC 4287), paged (RFC 5005), with GeoRSS points and deleted entries (RFC 6721)."""

from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.exports.formats.feeds import RIGHTS, Entry, Feed, FeedFormat

ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"

register_namespace("georss", GEORSS)
register_namespace("at", TOMBSTONES)


def atom(feed: Feed) -> bytes:
    """Returns the feed as XML. The writer escapes all text; `feeds.clean` has replaced what XML cannot represent."""
    root = Element("feed", xmlns=ATOM)
    _add_text(root, "id", feed.id)
    _add_text(root, "title", feed.title)
    _add_text(root, "updated", feed.updated)
    _add_text(SubElement(root, "author"), "name", "Dateline")
    _add_text(root, "rights", RIGHTS)
    for rel, href in (("self", feed.url), ("first", feed.first), ("next", feed.next)):
        if href is not None:
            SubElement(root, "link", rel=rel, href=href)
    _add_links(root, feed.page, feed.list)
    for entry in feed.entries:
        _add_entry(root, entry)
    for removal in feed.removals:
        ended = SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", ref=removal.id, when=removal.at)
        if removal.reason:
            _add_text(ended, f"{{{TOMBSTONES}}}comment", removal.reason)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(root: Element, entry: Entry) -> None:
    element = SubElement(root, "entry")
    _add_text(element, "id", entry.id)
    _add_text(element, "title", entry.title)
    _add_text(element, "updated", entry.updated)
    _add_links(element, entry.page, entry.record)
    for tag in entry.tags:
        SubElement(element, "category", term=tag)
    SubElement(element, "content", type="text").text = entry.text
    if entry.point is not None:
        _add_text(element, f"{{{GEORSS}}}point", f"{entry.point[0]} {entry.point[1]}")


def _add_links(parent: Element, page: str | None, record: str) -> None:
    """Links to the HTML page and to the JSON. A link to JSON alone has no type, so that readers still open it."""
    if page is not None:
        SubElement(parent, "link", rel="alternate", type="text/html", href=page)
        SubElement(parent, "link", rel="alternate", type="application/json", href=record)
    else:
        SubElement(parent, "link", rel="alternate", href=record)


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


FORMAT = FeedFormat(
    ".atom",
    "application/atom+xml",
    "Atom",
    atom,
    next='`rel="next"` (RFC 5005)',
    updated="updated",
    removed="`at:deleted-entry` (RFC 6721)",
)
