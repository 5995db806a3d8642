"""Atom (RFC 4287) with GeoRSS points."""

from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.formats.feeds import RIGHTS, Entry, Feed

ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"

register_namespace("georss", GEORSS)


def atom(feed: Feed) -> bytes:
    """The feed as XML. Every text is escaped by the writer; `feeds.clean` has taken out what XML cannot hold."""
    root = Element("feed", xmlns=ATOM)
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated)
    _text(SubElement(root, "author"), "name", "Dateline")
    _text(root, "rights", RIGHTS)
    SubElement(root, "link", rel="self", href=feed.url)
    SubElement(root, "link", rel="alternate", href=feed.page)
    for entry in feed.entries:
        _add(root, entry)
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _add(root: Element, entry: Entry) -> None:
    made = SubElement(root, "entry")
    _text(made, "id", entry.id)
    _text(made, "title", entry.title)
    _text(made, "updated", entry.updated)
    # Without a `type`: readers open an entry only by a link that may be a page.
    SubElement(made, "link", rel="alternate", href=entry.url)
    for tag in entry.tags:
        SubElement(made, "category", term=tag)
    SubElement(made, "content", type="text").text = entry.text
    if entry.point is not None:
        _text(made, f"{{{GEORSS}}}point", f"{entry.point[0]} {entry.point[1]}")


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
