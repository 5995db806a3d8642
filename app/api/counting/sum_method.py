"""The rule of sums in plain English, as far as it matters for an answer."""

from collections.abc import Sequence

from app.queries.histograms import UNITS
from app.records import casualty_sums as queries

_METHOD = (
    "Harms are added up, not claims, those of different outcomes never together; the whole rule is at /docs/sums. "
    "Claims about the same people are one harm, as wide as they are. A harm without a lower bound adds 0 to low; one "
    "without an upper bound leaves high null, which means open, and its claims stand in open_because. best is null "
    "where a harm has none. A harm that another one in the sum certainly includes adds nothing; where that is not "
    "certain, low is the larger of the two ways to count, and high their sum. A part of a claim that is in the sum "
    "adds nothing. Filters choose claims, and a harm is as wide as those chosen; claims.left_out counts the others "
    "about the same people. Claims whose counted is false are in no harm and stand in not_counted with the reason. "
    "Of both lists the first claims are shown, and links lead to all where there are more. "
    "Where no claim is counted, low, high and best are null."
)
_OVERLAPS = (
    "A claim stands in the row of each of its {names}, so these rows overlap: do not add them up; totals count every "
    "claim once."
)
_IMPRECISE_DATES = (
    "A claim about an incident whose date may lie in more than one {name}, or is open at an end, stands in the row "
    "imprecise, never in a made-up {name}."
)
_ASSUMED_LIMITS = (
    "The parameter datetime takes a date that is open at an end to reach as far as its date.assumed says, which nobody "
    "reported; with date_match=within such a date never matches an interval that ends on that side."
)
_CERTAIN = (
    "What may have been outside of the interval is in the sums, too: certain is what lies in it for certain, as "
    "date_match=within adds it up."
)
_SEVERAL_PEOPLE = (
    "A claim about several people stands in the row several, because what it counts is not any one's of them; the "
    "filter person finds it for each of them."
)
_ACTOR_FILTER = (
    "The parameter actor chooses incidents: everybody harmed in them is counted, of whatever side; organization, group "
    "and person say whose people they were."
)
_PARTS = (
    "Where parts of a claim are told apart, they stand in the rows of their {name}, and what is left of the whole in "
    "the row not_split; people about whom claims differ in their {name} stand in the row mixed."
)
_OWN_FIGURES = (
    "Each row has the figures of its own {name} alone: claims about the same people may stand in several, so these "
    "rows do not add up."
)
_OF_CLAIMS = {"claimed_by": "claimants", "basis": "basis"}
_MANY = {
    "organization": "organizations (with those that it is a part of)",
    "incident": "incidents (with the operations that it is a part of)",
    "place": "incident's places (a place's with those inside it)",
    "claimed_by": "claimants (who says so and through whom it came)",
}


def rule(keys: Sequence[str], *, of_actors: bool, of_days: bool) -> str:
    """Returns the rule of a summary in plain English."""
    sentences = [_METHOD]
    if several := [_MANY[key] for key in keys if key in _MANY]:
        sentences.append(_OVERLAPS.format(names=" and of its ".join(several)))
    sentences += [_OWN_FIGURES.format(name=name) for key, name in _OF_CLAIMS.items() if key in keys]
    sentences += [_PARTS.format(name=key) for key in queries.WHOSE if key in keys]
    sentences += [_SEVERAL_PEOPLE] if "person" in keys else []
    sentences += [_ACTOR_FILTER] if of_actors else []
    sentences += [_ASSUMED_LIMITS, _CERTAIN] if of_days else []
    sentences += [_IMPRECISE_DATES.format(name=key) for key in keys if key in UNITS]
    return " ".join(sentences)
