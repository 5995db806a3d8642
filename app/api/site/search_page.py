"""What the page of a search shows: the best records of each type, or what may have been meant."""

from typing import Any

from app.api.links import address
from app.api.routes.search import SEARCHED
from app.api.site.answers import Answers, Json
from app.api.site.responses import Page, Site
from app.records import BY_TYPE

SHOWN = 8
"""How many records of each type are shown."""


def search_page(answers: Answers, site: Site, q: str) -> Page:
    """Returns the page of what was found; of nothing where nothing was asked for."""
    context: dict[str, Any] = {"q": q, "found": [], "matched": 0, "partial": False, "meant": []}
    if q:
        answer = answers.search(q)
        meta = answer["meta"]
        context |= {
            "found": [one for kind in _types(answer) if (one := _of_type(answers, q, kind))["records"]],
            "matched": meta["matched"],
            "partial": meta["partial"],
            "meant": [one["value"] for one in meta["did_you_mean"] or ()],
        }
    return Page("search.html", context)


def _types(answer: Json) -> list[str]:
    """Returns the types that may have results, that of the best result first; all where there are more than came."""
    found = dict.fromkeys(one["type"] for one in answer["data"])
    return list(found if answer["meta"]["returned"] == answer["meta"]["matched"] else found | dict.fromkeys(SEARCHED))


def _of_type(answers: Answers, q: str, kind: str) -> Json:
    answer = answers.search(q, kind, SHOWN)
    name = BY_TYPE[kind].name
    url = address("/" if name == "incidents" else f"/{name}", [("q", q)])
    return {"name": name, "records": answer["data"], "matched": answer["meta"]["matched"], "url": url}
