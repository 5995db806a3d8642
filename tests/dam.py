"""The dam dossier: a small invented article with three competing death tolls of one disaster."""

import copy
from typing import Any

from app.ingest.texts.passages import Text, digest
from tests.sample import Files, at

ARTICLE = "holt-dam-2023"
TITLE, AUTHOR = "The dam above Torvik", "Mara Holt"
TEXT = "\n".join(
    (
        "The dam above Torvik broke on 12 May 2023. Civil protection counted 41 dead. The parish read out 68 names. "
        "A union of miners spoke of more than a hundred.",
        "Nine villagers were hurt, according to the clinic. Two others are missing.",
    )
)
_PAPER = Text(TEXT, (TITLE, AUTHOR))
INCIDENTS = f"articles/{ARTICLE}/incidents.yaml"
BREAK = "dam-break"
TOLLS = ("dead-civil-protection", "dead-parish", "dead-union")


def proof(field: str, phrase: str, *, shared: bool = False) -> dict[str, Any]:
    """A piece of evidence; in a shared file it names its article."""
    article = {"article": ARTICLE} if shared else {}
    return {"field": field, **article, **at(_PAPER.anchor(phrase))}


def claim(id_: str, outcome: str = "killed", phrase: str = "41 dead", **changes: Any) -> dict[str, Any]:
    """A claim of the article's own voice about people of whom nothing is said."""
    shared = {"id": id_, "group": "unknown", "outcome": outcome, "basis": "stated"}
    return {**shared, "evidence": [proof("count", phrase)], **changes}


def incident(id_: str, *claims: dict[str, Any], **changes: Any) -> dict[str, Any]:
    shared = {"id": id_, "title": id_, "summary": "It happened.", "kind": "explosion", "granularity": "event"}
    return {**shared, "evidence": [proof("what", "broke")], "casualties": list(claims), **changes}


def _organization(id_: str, name: str, phrase: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "kind": "government_body", "evidence": [proof("name", phrase, shared=True)]}


def dossier(*incidents: dict[str, Any]) -> Files:
    """The article with these incidents, and no other records but those who speak."""
    return copy.deepcopy(
        {
            "organizations.yaml": [
                _organization("civil-protection", "Civil protection", "Civil protection"),
                _organization("parish", "Parish of Torvik", "The parish"),
                _organization("miners-union", "Union of miners", "A union of miners"),
                _organization("clinic", "Clinic of Torvik", "the clinic"),
            ],
            f"articles/{ARTICLE}/article.yaml": {
                "id": ARTICLE,
                "title": TITLE,
                "authors": [AUTHOR],
                "publishers": ["The Torvik Post"],
                "published": "2023-06-01",
                "language": "en",
                "url": "https://torvik.example/dam/",
                "rights": "The Torvik Post.",
                "paragraphs": [
                    {"kind": "body", "length": str(len(text)), "sha256": digest(text)} for text in _PAPER.paragraphs
                ],
            },
            INCIDENTS: list(incidents),
        }
    )


def dam() -> Files:
    """The dam: 41 by civil protection, 68 by the parish, more than a hundred by the union; nine wounded."""
    return dossier(
        incident(
            BREAK,
            claim(TOLLS[0], harm="dead", low="41", high="41", claimed_by="civil-protection", basis="confirmed"),
            claim(TOLLS[1], harm="dead", phrase="68 names", low="68", high="68", claimed_by="parish", basis="claimed"),
            claim(
                TOLLS[2],
                harm="dead",
                phrase="more than a hundred",
                low="101",
                claimed_by="miners-union",
                basis="claimed",
            ),
            claim("hurt", "wounded", "Nine villagers", low="9", high="9", group="civilian", claimed_by="clinic"),
            title="The dam above Torvik breaks",
            date={"edtf": "2023-05-12"},
        )
    )
