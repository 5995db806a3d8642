"""What the page of a release shows: what it changed, and how many records there are since."""

from itertools import groupby

from app.api.site.answers import Answers
from app.api.site.responses import Page, Site
from app.problems import NotFound

MAX_DIGITS = 9

CHANGES = 200
"""How many changes the page of a release lists at most."""


def release_page(answers: Answers, site: Site, number: str) -> Page:
    """Returns the page of a release."""
    if not number.isdecimal() or len(number) > MAX_DIGITS:
        raise NotFound(f"There is no release '{number}'. The newest is {answers.snapshot.release.number}.")
    release = answers.release(int(number))
    changes = answers.changes(int(number) - 1, CHANGES + 1)
    own = [one for one in changes if one["release"] == int(number)]
    by_kind = groupby(sorted(own[:CHANGES], key=lambda one: (one["op"], one["type"])), lambda one: one["op"])
    context = {
        "one": release,
        "changes": [(op, list(some)) for op, some in by_kind],
        "more_changes": len(own) > CHANGES,
        "newest": answers.snapshot.release.number,
    }
    return Page("release.html", context)
