"""What the page of a release shows: what it changed, and how many records there are since."""

from itertools import groupby

from app.api.site.answers import Answers, Json
from app.api.site.record_pages import heading
from app.api.site.responses import Page, Site
from app.api.site.texts import texts
from app.problems import NotFound
from app.records import BY_TYPE

MAX_DIGITS = 9

CHANGES = 100
"""How many changes the page of a release lists at most."""


def release_page(answers: Answers, site: Site, number: str) -> Page:
    """Returns the page of a release."""
    if not number.isdecimal() or len(number) > MAX_DIGITS:
        raise NotFound(f"There is no release '{number}'. The newest is {answers.snapshot.release.number}.")
    release = answers.release(int(number))
    changes = answers.changes(int(number) - 1, CHANGES + 1)
    own = [one for one in changes if one["release"] == int(number)]
    by_kind = groupby(sorted(own[:CHANGES], key=lambda one: (one["op"], one["type"])), lambda one: one["op"])

    def name(entry: Json) -> str:
        """What a record is called now; only its id is left of one that is gone, and the codebook has no name."""
        has_name = entry["document"] and entry["type"] in BY_TYPE
        return heading(texts(answers.language), entry["document"]) if has_name else str(entry["id"])

    context = {
        "one": release,
        "changes": [(op, list(some)) for op, some in by_kind],
        "name": name,
        "more_changes": len(own) > CHANGES,
        "newest": answers.snapshot.release.number,
    }
    return Page("release.html", context)
