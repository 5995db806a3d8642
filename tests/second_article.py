"""A second invented article beside the sample dossier's, which tells of the same people and places."""

from app.ingest.texts.passages import Text, digest
from tests.sample import Files, article, at, small

SECOND_TITLE = "Inquest hears of a sunken boat"
SECOND = "holm-ferry-inquest"
SECOND_PAPER = Text(
    "\n".join(
        (
            "An inquest into the ferry shooting near Orsa opened on 3 May 2022. Two river guards had been detained "
            "over it, and a third passenger had died in hospital.",
            "Captain Jon Berg told it that the guards sank his other boat on the Ash River that night. "
            "“It went down in a minute,” he said.",
        )
    ),
    (SECOND_TITLE, "Eva Holm"),
)


def pair() -> Files:
    """The small dossier and a second article on the same people and places, which adds to one of its incidents."""
    folder = f"articles/{SECOND}"
    return small() | {
        f"{folder}/article.yaml": {
            **article(),
            "id": SECOND,
            "title": SECOND_TITLE,
            "authors": ["Eva Holm"],
            "published": "2022-05-04",
            "url": "https://courier.example/inquest/",
            "paragraphs": [
                {"kind": "body", "length": str(len(paragraph)), "sha256": digest(paragraph)}
                for paragraph in SECOND_PAPER.paragraphs
            ],
        },
        f"{folder}/incidents.yaml": [
            {
                "extends": "ferry-shooting",
                "evidence": [{"field": "what", **at(SECOND_PAPER.anchor("the ferry shooting near Orsa"))}],
                "casualties": [
                    {
                        "id": "ferry-guards-held",
                        "group": "police",
                        "organization": "river-guards",
                        "outcome": "detained",
                        "low": "2",
                        "high": "2",
                        "basis": "stated",
                        "evidence": [
                            {"field": "count", **at(SECOND_PAPER.anchor("Two river guards had been detained"))}
                        ],
                    },
                    {
                        "id": "ferry-third-death",
                        "group": "civilian",
                        "outcome": "killed",
                        "low": "1",
                        "high": "1",
                        "basis": "reported",
                        "counted": "false",
                        "note": "Counted with the wounded; whether the first two include this death is not stated.",
                        "evidence": [{"field": "count", **at(SECOND_PAPER.anchor("a third passenger had died"))}],
                    },
                ],
            },
            {
                "id": "boat-sinking",
                "title": "Boat sunk on the river",
                "summary": "The captain says that guards sank a second boat of his.",
                "kind": "ground_fire",
                "granularity": "event",
                "date": {"edtf": "2021-03"},
                "places": [{"id": "ash-river", "role": "scene", "certainty": "claimed"}],
                "actors": [{"id": "river-guards", "role": "accused", "certainty": "claimed"}],
                "related": ["ferry-shooting"],
                "evidence": [{"field": "what", **at(SECOND_PAPER.anchor("the guards sank his other boat"))}],
            },
        ],
        f"{folder}/quotes.yaml": [
            {
                "id": "berg-went-down",
                "kind": "direct",
                "spans": [
                    {
                        **at(SECOND_PAPER.anchor("“It went down in a minute,”")),
                        "exact": "“It went down in a minute,”",
                    }
                ],
                "speaker": "jon-berg",
                "incidents": ["boat-sinking"],
                "evidence": [{"field": "who", **at(SECOND_PAPER.anchor("Captain Jon Berg"))}],
            }
        ],
    }
