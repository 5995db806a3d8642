"""The sample dossier with more in it: a second article, mergers, removals, and what the rarer filters look for."""

from typing import Any

from app.ingest.texts.passages import Text, digest
from tests import sample
from tests.sample import INCIDENTS, QUOTES, STATEMENTS, Files, at, proof, record

SECOND = "berg-lamp-2022"
SECOND_TITLE = "The lamp at Skarn"
SECOND_TEXT = "In May 2022 a lamp went out at Skarn. Up to four rangers were taken."
_SECOND_PAPER = Text(SECOND_TEXT, (SECOND_TITLE, "Per Berg"))
SECOND_INCIDENTS = f"articles/{SECOND}/incidents.yaml"


def second_proof(field: str, phrase: str, *, shared: bool = False) -> dict[str, Any]:
    """A piece of evidence in the second article."""
    article = {"article": SECOND} if shared else {}
    return {"field": field, **article, **at(_SECOND_PAPER.anchor(phrase))}


def extended() -> Files:
    """Four incidents, four places and five withdrawn ids; a copy to change."""
    files = sample.small()
    _add_second_article(files)
    _add_claims(files)
    _add_links(files)
    _add_names(files)
    _add_voices(files)
    _add_documents(files)
    for file, id_, external_ids in EXTERNAL_IDS:
        record(files, file, id_)["same_as"] = external_ids
    _withdraw(files)
    return files


def _add_second_article(files: Files) -> None:
    files[f"articles/{SECOND}/article.yaml"] = {
        "id": SECOND,
        "title": SECOND_TITLE,
        "authors": ["Per Berg"],
        "publishers": ["The Skarn Post"],
        "published": "2022-06-01",
        "language": "en",
        "url": "https://post.example/lamp/",
        "rights": "The Skarn Post.",
        "paragraphs": [{"kind": "body", "length": str(len(SECOND_TEXT)), "sha256": digest(SECOND_TEXT)}],
    }
    files["places.yaml"].append(
        {
            "id": "skarn",
            "name": "Skarn_100%",
            "named": "true",
            "kind": "village",
            "evidence": [second_proof("name", "Skarn", shared=True)],
        }
    )
    files[SECOND_INCIDENTS] = [
        {
            "id": "lamp-out",
            "title": "Lamp goes out",
            "summary": "Rangers vanish.",
            "kind": "abduction",
            "granularity": "series",
            "date": {"edtf": "2022-05"},
            "places": [{"id": "skarn", "role": "context", "certainty": "stated"}],
            "evidence": [second_proof("what", "a lamp went out")],
            "casualties": [
                {
                    "id": "rangers-taken",
                    "group": "unknown",
                    "outcome": "abducted",
                    "high": "4",
                    "basis": "stated",
                    "evidence": [second_proof("count", "Up to four rangers were taken")],
                },
                *(_claim(*claim) for claim in _OTHER_HARM),
            ],
        }
    ]


_OTHER_HARM: tuple[tuple[str, dict[str, str]], ...] = (
    ("displaced", {"low": "5"}),
    ("removed", {"low": "1", "high": "3"}),
    ("casualties", {}),
)
"""What else may befall people: an open number, a range, and none at all."""


def _claim(outcome: str, bounds: dict[str, str]) -> dict[str, Any]:
    return {
        "id": f"lamp-{outcome}",
        "group": "unknown",
        "outcome": outcome,
        **bounds,
        "basis": "stated",
        "evidence": [second_proof("count", "four rangers")],
    }


def _add_documents(files: Files) -> None:
    """Two documents, and a claim, a denial and a quote that came through them."""
    files["documents.yaml"] = [
        {
            "id": "guards-mail",
            "label": "E-mail of the river guards to the paper",
            "kind": "email",
            "date": {
                "edtf": "2021-07/..",
                "as_stated": "Weeks later",
                "note": "Counted from the search.",
                "assumed": {"latest": "2021-08-01", "reason": "The paper came out then."},
            },
            "author": "river-guards",
            "note": "It answers a question.",
            "evidence": [proof("when", "Weeks later", shared=True)],
        },
        {
            "id": "ferry-list",
            "label": "List of those on board",
            "kind": "database",
            "date": {"edtf": "../2021-04", "assumed": {"earliest": "2021-03-01", "reason": "Nobody sailed before."}},
            "author": "jon-berg",
            "evidence": [proof("what", "fired on a ferry", shared=True), second_proof("what", "a lamp", shared=True)],
        },
    ]
    record(files, INCIDENTS, "mill-search")["casualties"][1]["documents"] = ["guards-mail", "ferry-list"]
    record(files, STATEMENTS, "guards-deny-firing")["documents"] = ["guards-mail"]
    record(files, QUOTES, "guard-turn-back")["documents"] = ["ferry-list"]


def add_details(files: Files) -> None:
    """Times of day, and a place that the reporting of one incident gives less exactly than it is known."""
    mill = record(files, INCIDENTS, "mill-search")
    mill["places"][0].update(precision="vicinity", radius_m="9000")
    mill["time"] = {
        "as_stated": "before dawn",
        "earliest": "03:10",
        "latest": "04:40",
        "approximate": "true",
        "certainty": "claimed",
        "note": "By the clock of the mill.",
    }
    record(files, INCIDENTS, "ferry-shooting")["time"] = {"latest": "23:05", "certainty": "inferred"}


EXTERNAL_IDS = (
    ("places.yaml", "orsa", ["wikidata:Q100001", "geonames:100002"]),
    ("places.yaml", "ash-county", ["osm:relation/100003"]),
    ("organizations.yaml", "night-patrol", ["wikidata:Q100004", "ucdp:100005"]),
    ("people.yaml", "ida-falk", ["viaf:100006"]),
    (INCIDENTS, "ferry-shooting", ["ucdp:100007", "acled:ASH100008"]),
    (INCIDENTS, "mill-search", ["wikidata:Q100001"]),
)
"""Invented ids in other registers. A place and an incident may have the same one: they are of two types."""


def _add_claims(files: Files) -> None:
    mill = record(files, INCIDENTS, "mill-search")
    mill["casualties"].append(
        {
            "id": "mill-rumour",
            "group": "unknown",
            "organization": "night-patrol",
            "outcome": "killed",
            "low": "1",
            "high": "1",
            "claimed_by": "river-guards",
            "via": "guard",
            "basis": "reported",
            "counted": "false",
            "note": "A rumour, not counted.",
            "evidence": [proof("count", "held one man")],
        }
    )


def _add_links(files: Files) -> None:
    record(files, "places.yaml", "ash-river")["parents"] = [{"id": "ash-county", "basis": "editorial"}]
    mill = record(files, INCIDENTS, "mill-search")
    mill["parent"] = "ferry-shooting"
    mill["places"].append({"id": "ash-river", "role": "home_area", "certainty": "stated"})


NAMES = {
    "orsa": [{"language": "ar", "name": "أورسا"}, {"language": "ku", "name": "Orsayê"}],
    "miller": [{"language": "ar", "name": "رجل يعرف بالطحان"}],
    "night-patrol": [{"language": "ar", "name": "دورية الليل"}],
}
"""Names in other languages, by record."""


def _add_names(files: Files) -> None:
    for file in ("places.yaml", "people.yaml", "organizations.yaml"):
        for entry in files[file]:
            if entry["id"] in NAMES:
                entry["names"] = NAMES[entry["id"]]


def _add_voices(files: Files) -> None:
    denial = record(files, STATEMENTS, "guards-deny-firing")
    denial["date"] = {"edtf": "2021-03"}
    denial["about"] |= {"places": ["orsa"], "organizations": ["night-patrol"]}
    files[STATEMENTS].append(
        {
            "id": "falk-river-unsafe",
            "stance": "believes",
            "by": "ida-falk",
            "gist": "The river is no longer safe.",
            "topic": "security_trend",
            "about": {"people": ["jon-berg"]},
            "evidence": [proof("what", "Mayor Ida Falk")],
        }
    )
    record(files, QUOTES, "guard-turn-back")["places"] = ["ash-river"]


def _withdraw(files: Files) -> None:
    files["places.yaml"] += [
        {"id": "orsa-village", "removed": {"reason": "The same as Orsa", "successor": "orsa"}},
        {"id": "old-mill", "removed": {"reason": "It was never there"}},
    ]
    files["people.yaml"].append({"id": "captain", "removed": {"reason": "He is Jon Berg.", "successor": "jon-berg"}})
    files[INCIDENTS] += [
        {"id": "ferry-incident", "removed": {"reason": "Told twice", "successor": "ferry-shooting"}},
        {"id": "ghost-ship", "removed": {"reason": "Retracted by the paper"}},
    ]
