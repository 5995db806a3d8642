"""The sample dossier: a small invented article, for tests to change: three incidents, two quotes, a denial."""

import copy
from pathlib import Path
from typing import Any

import yaml

from app.ingest.texts.passages import Passage, Text, digest

Files = dict[str, Any]

TITLE = "Night boats on the Ash River"
AUTHOR = "Ada Lind"
ARTICLE = "lind-ash-river"
TEXT = "\n".join(
    (
        "In March 2021 river guards fired on a ferry near Orsa, and two passengers died. "
        "Mayor Ida Falk counted at least three wounded.",
        "“They shot without warning,” said Jon Berg, the ferry’s captain. “Nobody called to us.” "
        "The guards denied that they had fired.",
        "On 4 June 2021 the guards searched the mill in Orsa and held one man, whom villagers knew as the miller. "
        "Orsa lies in Ash County.",
        "Weeks later a boat was stopped somewhere on the Ash River. “Turn back,” a guard shouted, according to Berg.",
    )
)
PAPER = Text(TEXT, (TITLE, AUTHOR))


def at(passage: Passage) -> dict[str, Any]:
    """A span as it stands in a seed file."""
    return {**passage.span()}


def span(phrase: str, paragraph: int | None = None) -> dict[str, Any]:
    return at(PAPER.anchor(phrase, paragraph))


def proof(field: str, phrase: str, paragraph: int | None = None, *, shared: bool = False) -> dict[str, Any]:
    """A piece of evidence; in a shared file it names its article."""
    article = {"article": ARTICLE} if shared else {}
    return {"field": field, **article, **span(phrase, paragraph)}


def quoted(phrase: str) -> dict[str, Any]:
    return {**span(phrase), "exact": phrase}


def article() -> dict[str, Any]:
    return {
        "id": ARTICLE,
        "title": TITLE,
        "authors": [AUTHOR],
        "publishers": ["The Ash Courier"],
        "published": "2021-09-01",
        "language": "en",
        "url": "https://courier.example/ash-river/",
        "rights": "The article and the quoted words belong to The Ash Courier.",
        "paragraphs": [
            {"kind": "body", "length": str(len(paragraph)), "sha256": digest(paragraph)}
            for paragraph in PAPER.paragraphs
        ],
    }


def _places() -> list[dict[str, Any]]:
    point = {"precision": "locality", "radius_m": "2000", "source": "invented"}
    return [
        {
            "id": "ash-county",
            "name": "Ash County",
            "named": "true",
            "kind": "province",
            "coordinate": {**point, "latitude": "60.5", "longitude": "14.5", "radius_m": "40000", "precision": "area"},
            "evidence": [proof("name", "Ash County", shared=True)],
        },
        {
            "id": "orsa",
            "name": "Orsa",
            "named": "true",
            "kind": "village",
            "aliases": [{"name": "Örsa", "basis": "editorial"}],
            "parents": [{"id": "ash-county"}],
            "coordinate": {**point, "latitude": "60.9", "longitude": "14.6"},
            "evidence": [
                proof("name", "near Orsa", shared=True),
                proof("where", "Orsa lies in Ash County", shared=True),
            ],
        },
        {
            "id": "ash-river",
            "name": "Ash River",
            "named": "true",
            "kind": "river",
            "evidence": [proof("name", "Ash River", shared=True)],
        },
    ]


def _organizations() -> list[dict[str, Any]]:
    return [
        {
            "id": "river-guards",
            "name": "River guards",
            "kind": "police",
            "evidence": [proof("name", "river guards", shared=True)],
        },
        {
            "id": "night-patrol",
            "name": "Night patrol",
            "kind": "police",
            "parents": [{"id": "river-guards", "basis": "editorial"}],
            "evidence": [proof("name", "a guard shouted", shared=True)],
        },
    ]


def _people() -> list[dict[str, Any]]:
    return [
        {
            "id": "ida-falk",
            "name": "Ida Falk",
            "roles": ["official", "source"],
            "life_status": "alive",
            "evidence": [proof("name", "Mayor Ida Falk", shared=True)],
        },
        {
            "id": "jon-berg",
            "name": "Jon Berg",
            "group_size": "1",
            "roles": ["witness", "source"],
            "life_status": "alive",
            "aliases": [{"name": "Jón Bergh", "basis": "editorial"}],
            "evidence": [proof("name", "said Jon Berg", shared=True)],
        },
        {
            "id": "guard",
            "label": "Guard on the river",
            "group_size": "1",
            "roles": ["official"],
            "life_status": "not_stated",
            "anonymity": "unnamed",
            "organizations": [{"id": "night-patrol", "role": "guard"}],
            "evidence": [proof("name", "a guard shouted", shared=True)],
        },
        {
            "id": "miller",
            "label": "Man known as the miller",
            "group_size": "1",
            "roles": ["victim"],
            "life_status": "not_stated",
            "anonymity": "unnamed",
            "evidence": [proof("name", "one man, whom villagers knew as the miller", shared=True)],
        },
    ]


def _incidents() -> list[dict[str, Any]]:
    return [
        {
            "id": "ferry-shooting",
            "title": "Guards fire on a ferry",
            "summary": "Two people on a ferry were killed by gunfire off Orsa.",
            "kind": "ground_fire",
            "granularity": "event",
            "date": {"edtf": "2021-03", "as_stated": "March 2021"},
            "location": "orsa",
            "places": [
                {"id": "orsa", "role": "scene", "certainty": "stated"},
                {"id": "ash-river", "role": "scene", "certainty": "inferred"},
            ],
            "actors": [
                {"id": "river-guards", "role": "perpetrator", "certainty": "stated"},
                {"id": "jon-berg", "role": "witness", "certainty": "stated"},
            ],
            "evidence": [proof("what", "fired on a ferry"), proof("when", "In March 2021")],
            "casualties": [
                {
                    "id": "ferry-dead",
                    "group": "civilian",
                    "outcome": "killed",
                    "low": "2",
                    "high": "2",
                    "basis": "stated",
                    "evidence": [proof("count", "two passengers died")],
                },
                {
                    "id": "ferry-wounded",
                    "group": "civilian",
                    "outcome": "wounded",
                    "low": "3",
                    "claimed_by": "ida-falk",
                    "basis": "claimed",
                    "evidence": [proof("count", "at least three wounded")],
                },
            ],
        },
        {
            "id": "mill-search",
            "title": "Search of the mill in Orsa",
            "summary": "One man was held after the guards went through the mill.",
            "kind": "detention",
            "granularity": "event",
            "date": {"edtf": "2021-06-04"},
            "location": "orsa",
            "places": [{"id": "orsa", "role": "scene", "certainty": "stated"}],
            "actors": [
                {"id": "river-guards", "role": "perpetrator", "certainty": "stated"},
                {"id": "miller", "role": "victim", "certainty": "stated"},
            ],
            "related": ["ferry-shooting"],
            "evidence": [proof("what", "searched the mill"), proof("when", "On 4 June 2021")],
            "casualties": [
                {
                    "id": "miller-held",
                    "group": "civilian",
                    "people": ["miller"],
                    "outcome": "detained",
                    "low": "1",
                    "high": "1",
                    "basis": "stated",
                    "evidence": [proof("count", "held one man")],
                }
            ],
        },
        {
            "id": "boat-stopped",
            "title": "Boat stopped on the river",
            "summary": "A guard sent a boat back; where is not stated.",
            "kind": "access_denial",
            "granularity": "event",
            "places": [{"id": "ash-river", "role": "scene", "certainty": "stated"}],
            "actors": [
                {"id": "night-patrol", "role": "perpetrator", "certainty": "inferred"},
                {"label": "crew of the boat", "role": "target", "certainty": "stated"},
            ],
            "evidence": [proof("what", "a boat was stopped")],
        },
    ]


def _quotes() -> list[dict[str, Any]]:
    return [
        {
            "id": "berg-no-warning",
            "kind": "direct",
            "spans": [quoted("“They shot without warning,”"), quoted("“Nobody called to us.”")],
            "speaker": "jon-berg",
            "incidents": ["ferry-shooting"],
            "places": ["orsa"],
            "evidence": [proof("who", "said Jon Berg")],
        },
        {
            "id": "guard-turn-back",
            "kind": "partial",
            "spans": [quoted("“Turn back,”")],
            "speaker": "guard",
            "relayed_by": "jon-berg",
            "incidents": ["boat-stopped"],
            "evidence": [proof("who", "according to Berg")],
        },
    ]


def _statements() -> list[dict[str, Any]]:
    return [
        {
            "id": "guards-deny-firing",
            "stance": "denies",
            "by": "river-guards",
            "gist": "They say that they did not shoot.",
            "about": {"incidents": ["ferry-shooting"]},
            "contradicts": ["berg-no-warning"],
            "evidence": [proof("what", "The guards denied")],
        }
    ]


_SMALL: Files = {
    "places.yaml": _places(),
    "organizations.yaml": _organizations(),
    "people.yaml": _people(),
    f"articles/{ARTICLE}/article.yaml": article(),
    f"articles/{ARTICLE}/incidents.yaml": _incidents(),
    f"articles/{ARTICLE}/quotes.yaml": _quotes(),
    f"articles/{ARTICLE}/statements.yaml": _statements(),
}
INCIDENTS = f"articles/{ARTICLE}/incidents.yaml"
QUOTES = f"articles/{ARTICLE}/quotes.yaml"
STATEMENTS = f"articles/{ARTICLE}/statements.yaml"


def small() -> Files:
    """The small dossier, by file; a copy to change."""
    return copy.deepcopy(_SMALL)


def record(files: Files, file: str, id_: str) -> dict[str, Any]:
    """One record of a dossier, to change in place."""
    entries = files[file] if isinstance(files[file], list) else [files[file]]
    actual: dict[str, Any] = next(entry for entry in entries if entry.get("id") == id_)
    return actual


class _Plain(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def merged() -> Files:
    """The small dossier after an incident of it was merged into another."""
    files = small()
    incidents = [one for one in files[INCIDENTS] if one["id"] != "mill-search"]
    removal = {"id": "mill-search", "removed": {"reason": "told twice", "successor": "ferry-shooting"}}
    return {**files, INCIDENTS: [*incidents, removal]}


def letter(**more: Any) -> dict[str, Any]:
    """A document, which the small dossier has none of."""
    evidence = [proof("what", "fired on a ferry", shared=True)]
    return {"id": "letter", "label": "Letter to the mayor", "kind": "letter", **more, "evidence": evidence}


def write(files: Files, directory: Path) -> Path:
    """Seed files in a directory, in place of what is there."""
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False)
        path.write_text(text, "utf-8")
    return directory
