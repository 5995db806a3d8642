"""Mistakes in harms, best figures, parts and inclusions: each is named with its record, its field and what to do."""

import copy
from pathlib import Path
from typing import Any

import pytest

from tests import sample
from tests.dam import BREAK, claim, dossier, incident
from tests.ingest.test_reading import errors_in, line_of

Json = dict[str, Any]

ONE = {"low": "4", "high": "4"}


def dead(id_: str, **changes: Any) -> Json:
    return claim(id_, **{**ONE, **changes})


def child(id_: str, *claims: Json) -> Json:
    return incident(id_, *claims, parent=BREAK)


MISTAKES: list[tuple[str, list[Json], str, str, str]] = [
    # what is wrong, incidents, record, field, message
    (
        "a harm of two outcomes",
        [incident(BREAK, dead("a", harm="h"), claim("b", "wounded", harm="h", **ONE))],
        "b",
        "casualties.1.harm",
        "the harm 'h' has one outcome, and 'a' counts people killed in it; name another harm here",
    ),
    (
        "a best figure outside the claim's own bounds",
        [incident(BREAK, dead("a", best="5", note="Why."))],
        "a",
        "casualties.0.best",
        "the best figure 5 lies outside of the claim's 4 to 4",
    ),
    (
        "a best figure below an open claim",
        [incident(BREAK, claim("a", low="4", best="3", note="Why."))],
        "a",
        "casualties.0.best",
        "outside of the claim's 4 to open",
    ),
    (
        "a best figure of a claim without a number",
        [incident(BREAK, claim("a", harm="h", best="4", note="Why."), dead("b", harm="h"))],
        "a",
        "casualties.0.best",
        "this claim gives no number; the best figure stands at one that does",
    ),
    (
        "a best figure without a reason",
        [incident(BREAK, claim("a", low="4", best="5"))],
        "a",
        "casualties.0.best",
        "a best figure needs a note saying why",
    ),
    (
        "two best figures",
        [incident(BREAK, *(dead(name, harm="h", best="4", note="Why.") for name in "ab"))],
        "b",
        "casualties.1.best",
        "'a' gives the best figure of the harm 'h' already",
    ),
    (
        "a best figure that is no number",
        [incident(BREAK, dead("a", best="four", note="Why."))],
        "a",
        "casualties.0.best",
        "'four': this is a whole number, written in digits",
    ),
    (
        "a number below its limit",
        [incident(BREAK, dead("a", low="-1"))],
        "a",
        "casualties.0.low",
        "'-1' is too small: at least 0",
    ),
    (
        "a number far beyond its limit",
        [incident(BREAK, dead("a", high="9" * 30))],
        "a",
        "casualties.0.high",
        "too large: at most 10000000",
    ),
    (
        "a part of itself",
        [incident(BREAK, dead("a", part_of="a"))],
        "a",
        "casualties.0.part_of",
        "a claim cannot be a part of itself",
    ),
    (
        "a cycle of parts",
        [incident(BREAK, dead("a", part_of="b"), dead("b", part_of="a"))],
        "a",
        "casualties.0.part_of",
        "the claim is a part of itself, through others",
    ),
    (
        "parts over several incidents",
        [incident(BREAK, dead("a")), incident("other", dead("b", part_of="a"))],
        "b",
        "casualties.0.part_of",
        "a whole and its parts are claims about one incident; 'a' is about another",
    ),
    (
        "a part of nothing",
        [incident(BREAK, dead("a", part_of="ghost"))],
        "a",
        "casualties.0.part_of",
        "'ghost' is no claim about this one",
    ),
    (
        "a part of another outcome",
        [incident(BREAK, dead("a"), claim("b", "wounded", part_of="a", **ONE))],
        "b",
        "casualties.1.outcome",
        "'a' counts people killed, so they are none of those wounded",
    ),
    (
        "a part of what is not counted",
        [incident(BREAK, dead("a", counted="false", note="No."), dead("b", part_of="a"))],
        "b",
        "casualties.1.part_of",
        "'a' is not counted, so it has no parts",
    ),
    (
        "parts that are more than the whole",
        [
            incident(
                BREAK,
                dead("a"),
                *(claim(n, part_of="a", group=g, low="3") for n, g in (("b", "police"), ("c", "militia"))),
            )
        ],
        "a",
        "casualties.0.high",
        "its parts 'b', 'c' are 6 at least, more than the 4 of whom they are a part",
    ),
    (
        "a part with a harm of its own",
        [incident(BREAK, dead("a"), dead("b", part_of="a", harm="h"))],
        "b",
        "casualties.1.harm",
        "a part belongs to the harm of its whole; take out 'harm'",
    ),
    (
        "a harm of what is not counted",
        [incident(BREAK, dead("a", harm="h", counted="false", note="No."))],
        "a",
        "casualties.0.harm",
        "a claim that is not counted is in no harm; take out 'harm'",
    ),
    (
        "a harm that is called like another claim",
        [incident(BREAK, dead("a"), dead("b", harm="a", group="police"))],
        "a",
        "casualties.0.id",
        "'b' names its harm as this claim is called",
    ),
    (
        "a harm that is no slug",
        [incident(BREAK, dead("a", harm="The dead"))],
        "a",
        "casualties.0.harm",
        "write 'the-dead'",
    ),
    (
        "two harms of one group",
        [incident(BREAK, dead("a", harm="h"), dead("b"))],
        "b",
        "casualties.1",
        "'a' counts the same harm; give both the same harm if these are the same people",
    ),
    (
        "an inclusion of another outcome",
        [incident(BREAK, dead("a", includes=["other/b"])), incident("other", claim("b", "wounded", **ONE))],
        "a",
        "casualties.0.includes.0",
        "'other/b' counts people wounded, so they are none of those killed",
    ),
    (
        "an inclusion of no harm",
        [incident(BREAK, dead("a", may_include=["other/ghost"])), incident("other", dead("b"))],
        "a",
        "casualties.0.may_include.0",
        "'other' has no harm 'ghost'; there is 'other/b'",
    ),
    (
        "an inclusion in no incident",
        [incident(BREAK, dead("a", includes=["dam-brake/b"]))],
        "a",
        "casualties.0.includes.0",
        "there is no 'dam-brake' among incidents; did you mean 'dam-break'?",
    ),
    (
        "an inclusion that is not written as incident and harm",
        [incident(BREAK, dead("a", includes=["other"]))],
        "a",
        "casualties.0.includes.0",
        "a harm of another incident is written incident/harm",
    ),
    (
        "an inclusion of itself",
        [incident(BREAK, dead("a", includes=[f"{BREAK}/a"]))],
        "a",
        "casualties.0.includes.0",
        "a harm cannot include itself",
    ),
    (
        "a cycle of inclusions",
        [
            incident(BREAK, dead("a", includes=["other/b"])),
            incident("other", dead("b", may_include=["third/c"])),
            incident("third", dead("c", includes=[f"{BREAK}/a"])),
        ],
        "a",
        "casualties.0.includes.0",
        "'other/b' includes this harm in turn, itself or through others",
    ),
    (
        "an inclusion both certain and not",
        [incident(BREAK, dead("a", includes=["other/b"], may_include=["other/b"])), incident("other", dead("b"))],
        "a",
        "casualties.0.may_include",
        "'other/b' is either certainly included or perhaps, not both",
    ),
    (
        "a claim of an operation and one of its raid",
        [incident(BREAK, dead("a")), child("raid", dead("b", group="police"))],
        "a",
        "casualties.0",
        "'b' of 'raid', a part of this, counts the same harm; say on the claim of the operation that its harm "
        "`includes: [raid/b]` or, if that is not certain, `may_include: [raid/b]`",
    ),
]


@pytest.mark.parametrize(
    ("what", "incidents", "record", "field", "message"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES]
)
def test_mistakes_are_named(
    what: str, incidents: list[Json], record: str, field: str, message: str, tmp_path: Path
) -> None:
    folder = sample.write(dossier(*copy.deepcopy(incidents)), tmp_path)
    errors = errors_in(folder)
    found = [(error.record, error.field) for error in errors if message in error.message]
    assert (record, field) in found, [str(error) for error in errors]
    (error,) = (one for one in errors if (one.record, one.field) == (record, field) and message in one.message)
    assert error.file.endswith("incidents.yaml")
    assert field.rpartition(".")[2].strip("0123456789") in line_of(folder, error)


def test_a_claim_with_a_mistake_is_the_cause_of_no_other(tmp_path: Path) -> None:
    """Not of its part, of who includes its harm, or of an operation that includes that harm and so its part."""
    dam = incident(BREAK, dead("a", low="few", harm="h"), dead("b", part_of="a", group="police"), parent="operation")
    operation = incident("operation", dead("c", includes=[f"{BREAK}/h"]), dead("d", group="police", harm="x"))
    errors = errors_in(sample.write(dossier(dam, operation), tmp_path))
    assert [(error.record, error.field) for error in errors] == [("a", "casualties.0.low")], list(map(str, errors))


RIGHT: list[tuple[str, list[Json]]] = [
    ("two harms that say that they are others", [incident(BREAK, dead("a", harm="gate"), dead("b", harm="house"))]),
    ("no best figure", [incident(BREAK, dead("a", best=None))]),
    ("parts of several wholes", [incident(BREAK, dead("a", harm="h"), dead("b", harm="h"), dead("c", part_of="b"))]),
    (
        "an operation that includes what its raid's raid does",
        [
            incident(BREAK, dead("a", includes=["raid/b"])),
            child("raid", dead("b", may_include=["shot/c"])),
            incident("shot", dead("c"), parent="raid"),
        ],
    ),
    (
        "groups that cannot overlap",
        [incident(BREAK, dead("a", group="civilian")), child("raid", dead("b", group="police"))],
    ),
]


@pytest.mark.parametrize(("what", "incidents"), RIGHT, ids=[one[0] for one in RIGHT])
def test_harms_that_look_odd_but_are_right_are_taken(what: str, incidents: list[Json], tmp_path: Path) -> None:
    assert errors_in(sample.write(dossier(*copy.deepcopy(incidents)), tmp_path)) == []
