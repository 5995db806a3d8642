"""What the page of an incident shows."""

from itertools import groupby
from typing import Any

from app.api.site.answers import Answers
from app.api.site.maps import MAP_OF_RECORD, map_of_incident
from app.api.site.responses import Page, Site

STATEMENTS, OPPOSED = 12, 4
"""How many statements about an incident its page shows, contested ones first, and how many against each of them. Links
lead to the others."""


def incident_page(answers: Answers, site: Site, id_: str) -> Page:
    """Returns the page of an incident."""
    answer = answers.record("incidents", id_, ["quotes"])
    record, included = answer["data"], answer["included"]
    statements, opposed = _statements(answers, record)
    context = {
        "incident": record,
        "claimants": _by_claimant(record["casualties"]),
        "quotes": included["quotes"],
        "statements": statements[:STATEMENTS],
        "more_statements": max(len(statements) - STATEMENTS, 0),
        "opposed": opposed,
        "most": OPPOSED,
        "history": answers.history("incident", id_),
        "corrections": answers.corrections(id_),
        "heading": record["title"],
        "picture": site.picture(f"/incidents/{id_}"),
        "permanent": site.permanent(answers.snapshot.release.number),
        "citation": answers.citation("incidents", id_, site.base),
        "neighbours": _neighbours(answers, record),
        "drawing": map_of_incident(answers, record, *MAP_OF_RECORD),
    }
    return Page("incident.html", context)


def _statements(answers: Answers, record: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Returns the statements about an incident, contested ones first; and by statement the contradicting records."""
    page = answers.records("statements", [("about", record["id"]), ("include", "statements,quotes"), ("limit", "500")])
    sides = {(one["type"], one["id"]): one for records in page["included"].values() for one in records}
    opposed = {
        one["id"]: [
            *(sides[other["type"], other["id"]] for other in one["contradicts"]),
            *(sides["statement", other["id"]] for other in one["contradicted_by"]),
        ]
        for one in page["data"]
    }
    return sorted(page["data"], key=lambda one: not one["contested"]), opposed


def _by_claimant(claims: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups claims by claimant; the article's own voice comes first."""

    def claimant(claim: dict[str, Any]) -> str:
        return claim["claimed_by"]["label"] if claim["claimed_by"] else ""

    return [(label, list(group)) for label, group in groupby(sorted(claims, key=claimant), claimant)]


def _neighbours(answers: Answers, record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the incidents before and after one in time, among those that begin on a known day."""
    first = (record["date"] or {"earliest": None})["earliest"]
    if first is None:
        return {}
    found = {}
    for rel, interval, sort in (("prev", f"../{first}", "-date"), ("next", f"{first}/..", "date")):
        asked = [("datetime", interval), ("sort", sort), ("limit", "12"), ("fields", "title,date")]
        others = answers.records("incidents", asked)["data"]
        begin = [one for one in others if one["id"] != record["id"] and one["date"] and one["date"]["earliest"]]
        beyond = [one for one in begin if (one["date"]["earliest"] < first) == (rel == "prev")]
        if beyond and beyond[0]["date"]["earliest"] != first:
            found[rel] = beyond[0]
    return found
