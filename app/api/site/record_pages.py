"""What the page of a record shows: what is known, what stands against it, where it appears, its history."""

from collections.abc import Callable
from itertools import groupby
from typing import Any, NamedTuple

from app.api.links import address
from app.api.routes.representations import link
from app.api.site.answers import Answers, Json
from app.api.site.maps import MAP_OF_RECORD, map_of_record
from app.api.site.responses import Page, Site
from app.api.site.texts import Texts, texts
from app.exports.formats.jsonld import FORMAT as JSON_LD
from app.records import RECORD_TYPES

SHOWN = 10
"""How many records of a list the page of another record shows; a link leads to all."""

SHOWN_OF_ARTICLE = 4
"""How many of each list the page of an article shows, in which all of them appear."""

APPEARS: dict[str, tuple[tuple[str, str], ...]] = {
    "people": (
        *(("incidents", "actor"), ("quotes", "speaker"), ("statements", "by"), ("statements", "about")),
        *(("casualties", "person"), ("casualties", "claimed_by"), ("documents", "author")),
    ),
    "organizations": (
        *(("organizations", "within"), ("people", "organization"), ("incidents", "actor"), ("quotes", "organization")),
        *(("statements", "by"), ("statements", "about"), ("casualties", "organization"), ("casualties", "claimed_by")),
        ("documents", "author"),
    ),
    "places": (("places", "within"), ("incidents", "place"), ("quotes", "place"), ("statements", "place")),
    "documents": (("casualties", "document"), ("quotes", "document"), ("statements", "document")),
    "articles": tuple((name, "article") for name in RECORD_TYPES if name != "articles"),
}
"""The lists in which a record appears, by the filters that find it there."""


class Appearance(NamedTuple):
    """Records of a list that are about a record: the first of them, how many there are, and where all of them are."""

    name: str
    filter: str
    records: list[Json]
    matched: int
    url: str


def record_page(answers: Answers, site: Site, name: str, id_: str) -> Page:
    """Returns the page of a record of a list."""
    record = answers.record(name, id_)["data"]
    against = _AGAINST.get(name, _contested_statements)(answers, record)
    context = {
        "record": record,
        "heading": heading(texts(answers.language), record),
        "resource": name,
        "picture": site.picture(f"/{name}/{id_}"),
        "against": [one for one in against if one["id"] != id_],
        "appears": [one for one in _appearances(answers, name, record) if one.records],
        "history": answers.history(record["type"], id_),
        "permanent": site.permanent(answers.snapshot.release.number),
        "citation": answers.citation(name, id_, site.base),
        "sources": _sources(answers, record),
        "drawing": map_of_record(answers, name, record, *MAP_OF_RECORD),
        **(_coverage(answers, record) if name == "articles" else {}),
    }
    return Page("record.html", context)


def list_page(answers: Answers, site: Site, name: str, items: list[tuple[str, str]]) -> Page:
    """Returns a page of a list."""
    answer = answers.records(name, items)
    links = {rel: answer["links"].get(rel, "").replace("/v1/", "/", 1) for rel in ("prev", "next")}
    context = {
        "resource": name,
        "kind": RECORD_TYPES[name].type,
        "records": answer["data"],
        "matched": answer["meta"]["matched"],
        "links": links,
        "filters": [item for item in items if item[0] not in ("cursor", "limit")],
        "data_url": address(f"/v1/{name}", items),
        "linked_data_url": link(name, JSON_LD.suffix, items),
    }
    return Page("list.html", context)


def _appearances(answers: Answers, name: str, record: Json) -> list[Appearance]:
    return [_appearance(answers, other, filter_, record["id"]) for other, filter_ in APPEARS.get(name, ())]


def _appearance(answers: Answers, name: str, filter_: str, id_: str) -> Appearance:
    shown = SHOWN_OF_ARTICLE if filter_ == "article" else SHOWN
    answer = answers.records(name, [(filter_, id_), ("limit", str(shown))])
    records = [one for one in answer["data"] if one["id"] != id_]
    matched = answer["meta"]["matched"]
    url = address("/" if name == "incidents" else f"/{name}", [(filter_, id_)])
    return Appearance(name, filter_, records, len(records) if matched is None else matched, url)


def _contested_statements(answers: Answers, record: Json) -> list[Json]:
    """Returns the statements about a record that others contradict."""
    if record["type"] not in ("person", "organization"):
        return []
    asked = [("about", record["id"]), ("contested", "true"), ("limit", "50")]
    statements: list[Json] = answers.records("statements", asked)["data"]
    return statements


def _contradicting(answers: Answers, record: Json) -> list[Json]:
    """Returns what a statement contradicts, and what contradicts it."""
    included = answers.record("statements", record["id"], ["statements", "quotes"])["included"]
    ids = {(one["type"], one["id"]) for one in (*record["contradicts"], *record["contradicted_by"])}
    return [one for records in included.values() for one in records if (one["type"], one["id"]) in ids]


def _against_quote(answers: Answers, record: Json) -> list[Json]:
    """Returns the statements of the same article that contradict a quote."""
    asked = [("article", record["article"]["id"]), ("contested", "true"), ("limit", "500")]
    key = {"type": "quote", "id": record["id"]}
    statements = answers.records("statements", asked)["data"]
    return [one for one in statements if any(key.items() <= other.items() for other in one["contradicts"])]


def _competing(answers: Answers, record: Json) -> list[Json]:
    """Returns the other claims about the same people."""
    if record["harm"] is None or record["harm"]["claims"] < 2:
        return []
    claims = answers.records("casualties", [("incident", record["incident"]["id"]), ("limit", "500")])["data"]
    return [one for one in claims if one["harm"] and one["harm"]["id"] == record["harm"]["id"]]


_AGAINST: dict[str, Callable[[Answers, Json], list[Json]]] = {
    "statements": _contradicting,
    "quotes": _against_quote,
    "casualties": _competing,
}


def heading(t: Texts, record: Json) -> str:
    """Returns what the page of a record is called."""
    return _HEADINGS.get(record["type"], _label)(t, record)


def _label(t: Texts, record: Json) -> str:
    return str(record.get("label") or record.get("title") or record.get("name") or record["id"])


def _of_quote(t: Texts, record: Json) -> str:
    return str(t("heading.quote", name=record["speaker"]["label"]))


def _of_statement(t: Texts, record: Json) -> str:
    return str(record["gist"])


def _of_claim(t: Texts, record: Json) -> str:
    return str(t("heading.claim", incident=record["incident"]["label"]))


_HEADINGS: dict[str, Callable[[Texts, Json], str]] = {
    "quote": _of_quote,
    "statement": _of_statement,
    "casualty": _of_claim,
}


def _sources(answers: Answers, record: Json) -> list[tuple[Json, list[tuple[str, list[Json]]]]]:
    """Returns the articles that a record rests on, each with its passages by what they are evidence for."""
    passages = sorted(record.get("evidence") or (), key=lambda one: (str(one["article"]), _field(one)))
    return [
        (answers.record("articles", article)["data"], [(field, list(some)) for field, some in groupby(spans, _field)])
        for article, spans in groupby(passages, lambda one: str(one["article"]))
    ]


def _field(passage: Json) -> str:
    return str(passage["field"])


def _coverage(answers: Answers, record: Json) -> dict[str, Any]:
    """Returns the paragraphs of an article, each with how much of it records rest on and with the records."""
    by_paragraph: dict[int, list[Json]] = {}
    for passage in answers.passages(record["id"]):
        by_paragraph.setdefault(passage["paragraph"], []).append(passage)
    paragraphs = [_covered(one, by_paragraph.get(one["number"], [])) for one in record["paragraphs"]]
    return {"paragraphs": paragraphs}


def _covered(paragraph: Json, passages: list[Json]) -> Json:
    characters: set[int] = set()
    for passage in passages:
        characters.update(range(passage["start"], passage["end"]))
    records = {(one["type"], one["id"]) for passage in passages for one in passage["records"]}
    counts: dict[str, int] = {}
    for kind, _ in sorted(records):
        counts[kind] = counts.get(kind, 0) + 1
    url = passages[0]["url"] if passages else None
    return {**paragraph, "covered": len(characters), "passages": len(passages), "counts": counts, "url": url}
