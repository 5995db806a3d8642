"""Passages as the Web Annotation vocabulary has them: a paragraph, and positions or quoted words in it."""

from dataclasses import dataclass
from typing import Any

from app.exports.linked_data.terms import Term

Json = dict[str, Any]

SOURCE, SELECTOR = Term("oa:hasSource", "node"), Term("oa:hasSelector", "node", "@set")
START, END, EXACT = Term("oa:start"), Term("oa:end"), Term("oa:exact")
NUMBER, ARTICLE = Term("schema:position"), Term("schema:isPartOf", "node")
TERMS = (SOURCE, SELECTOR, START, END, EXACT, NUMBER, ARTICLE)
"""The terms that passages have beside those of their own fields."""

CLASSES = ("oa:SpecificResource", "oa:TextPositionSelector", "oa:TextQuoteSelector")


@dataclass(frozen=True)
class Owner:
    """The record that values stand in: what addresses begin with, its own, and that of its article if it names one."""

    base: str
    address: str = ""
    article: str | None = None

    def record(self, resource: str, id_: str) -> str:
        """Returns the address of a record."""
        return f"{self.base}/v1/{resource}/{id_}"


def passage(value: Json, owner: Owner) -> Json:
    """Returns the node of a passage. Positions count Unicode code points within the paragraph, which is the source; it
    is a part of its article's record, or of the article that the owner names."""
    article = owner.record("articles", value["article"]) if value.get("article") else owner.article
    paragraph = value.get("paragraph")
    source: Json = {}
    if article is not None and paragraph is not None:
        source["@id"] = f"{article}#paragraph-{paragraph}"
    if paragraph is not None:
        source[NUMBER.key] = paragraph
    if article is not None:
        source[ARTICLE.key] = article
    position = {term.key: value[term.key] for term in (START, END) if term.key in value}
    quoted = {EXACT.key: value[EXACT.key]} if EXACT.key in value else {}
    selectors = [
        {"@type": kind, **said}
        for kind, said in (("TextPositionSelector", position), ("TextQuoteSelector", quoted))
        if said
    ]
    node: Json = {"@type": "SpecificResource"}
    if source:
        node[SOURCE.key] = source
    if selectors:
        node[SELECTOR.key] = selectors
    return node
