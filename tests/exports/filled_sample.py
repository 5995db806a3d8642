"""A sample with every field filled, so that every value of a document is there to be found in outputs."""

from collections.abc import Iterator
from typing import Any

from app.model.codebook import shipped
from tests import extended_sample, sample


def fill(files: sample.Files) -> None:
    """Adds what is missing to the files of the extended sample."""
    for file, id_ in (
        ("people.yaml", "guard"),
        ("organizations.yaml", "river-guards"),
        (sample.QUOTES, "berg-no-warning"),
    ):
        sample.record(files, file, id_)["note"] = "Told again."
    assumed = {"earliest": "2021-02-01", "latest": "2021-04-01", "reason": "The ferry ran in these months."}
    for file, id_ in ((sample.INCIDENTS, "ferry-shooting"), (sample.STATEMENTS, "guards-deny-firing")):
        sample.record(files, file, id_)["date"] = {"edtf": "[..2021-03,2021-03-05..]", "assumed": assumed}
    sample.record(files, sample.INCIDENTS, "mill-search")["casualties"][0].pop("high")
    sample.record(files, extended_sample.SECOND_INCIDENTS, "lamp-out").update(
        parent="boat-stopped", casualties=list(harm())
    )
    extended_sample.add_details(files)
    sample.record(files, sample.INCIDENTS, "boat-stopped")["casualties"] = list(competing("killed"))
    correct_one_of_each(files)


def correct_one_of_each(files: sample.Files) -> None:
    """Adds a correction to a record of every type."""
    each = (
        ("places.yaml", "orsa"),
        ("organizations.yaml", "river-guards"),
        ("people.yaml", "guard"),
        ("documents.yaml", "guards-mail"),
        (f"articles/{sample.ARTICLE}/article.yaml", sample.ARTICLE),
        (sample.INCIDENTS, "mill-search"),
        (sample.QUOTES, "berg-no-warning"),
        (sample.STATEMENTS, "guards-deny-firing"),
    )
    for file, id_ in each:
        sample.record(files, file, id_)["correction"] = {"date": "2021-10-02", "text": "It was told otherwise."}
    held = sample.record(files, sample.INCIDENTS, "mill-search")["casualties"][0]
    held["correction"] = {"date": "2021-10-03", "text": "He was held, not hurt."}


def claim(id_: str, outcome: str, low: int, high: int, **changes: Any) -> dict[str, Any]:
    proof = extended_sample.second_proof("count", "four rangers")
    bounds = {"low": str(low), "high": str(high), "basis": "stated", "note": "Made up."}
    return {"id": id_, "group": "unknown", "outcome": outcome, **bounds, "evidence": [proof], **changes}


def harm() -> Iterator[dict[str, Any]]:
    """A claim of each outcome with bounds that no other has, and so many contested ones that no other has so many."""
    for number, outcome in enumerate(shipped().values("casualty.outcome")):
        name = "rangers-taken" if outcome == "abducted" else f"lamp-{outcome}"
        low = 20 + 100 * number
        yield claim(name, outcome, low, 2 * low, best=str(low + 1), harm=f"{outcome}-sure")
        yield claim(f"{name}-again", outcome, low, 2 * low, harm=f"{outcome}-sure")
        for other in range(number + 1):
            unsure = {"basis": "contested", "harm": f"{outcome}-{other}"}
            yield claim(f"{name}-{other}", outcome, 1, 3, best="2", **unsure)


def competing(outcome: str) -> Iterator[dict[str, Any]]:
    """Two claims about the same people that differ in all they can, with a part, and what they include."""
    included = {"includes": [f"lamp-out/{outcome}-sure"], "may_include": [f"lamp-out/{outcome}-0"]}
    yield claim("crew-one", outcome, 61, 70, harm="crew", best="66", people=["guard"], group="military", **included)
    yield claim("crew-two", outcome, 65, 80, harm="crew", people=["miller"], organization="river-guards")
    yield claim("crew-part", outcome, 4, 4, part_of="crew-one", group="police")
