"""Scalar types of seed files: patterns, limits and conversions of single values."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.model.external_ids import external_id_mistake

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
HARM = r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"
# A visible character: not a blank, a mark or a character without a glyph, such as a zero-width space.
_SEEN = r"[^\x00-\x20\x7f\p{Z}\p{C}\p{M}\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}]"
LINE = rf"^[^\x00-\x1f\x7f]*{_SEEN}[^\x00-\x1f\x7f]*$"
PROSE = rf"^[^\x00-\x08\x0b-\x1f\x7f]*{_SEEN}[^\x00-\x08\x0b-\x1f\x7f]*$"
DIGEST = r"^[0-9a-f]{64}$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
NAME_LANGUAGE = r"^[a-z]{2,3}$"
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
URL = r"^https://[^\s#\x00-\x1f\x7f]+$"
EQUIVALENT = r"^[a-z][a-z0-9]*:[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
VALUE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PATTERNS = {
    SLUG: "an id is written in small letters a to z, digits and single hyphens between them",
    HARM: "a harm of another incident is written incident/harm, for example market-raid/dead",
    LINE: "this is one line of text, without line breaks and control characters",
    PROSE: "this is text without control characters",
    DIGEST: "a SHA-256 is written as 64 small hexadecimal digits; `dateline anchor` prints it",
    LANGUAGE: "a language is written as its BCP 47 tag, for example en",
    NAME_LANGUAGE: "the language of a name is written as its ISO 639 code, for example ar",
    TIME_OF_DAY: "a time of day is written hour:minute, two digits each, from 00:00 to 23:59, for example 04:40",
    EQUIVALENT: "an equivalent is written as vocabulary:value, for example acled:Battles or wikidata:Q515",
    URL: "this is the published page's address: https://… without a fragment",
}
"""Error message of each pattern."""

TEXTS = (LINE, PROSE)
"""Patterns that also require visible text."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"-?[0-9]{1,100}")  # numbers beyond their limits too, which then say what these are


def _day(value: Any) -> Any:
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("a day is written year-month-day, for example 2019-04-19")
    return value


def _whole(value: Any) -> Any:
    if not (isinstance(value, str) and _WHOLE.fullmatch(value)) and type(value) is not int:
        raise ValueError("this is a whole number, written in digits")
    return value


def unique(values: list[Any]) -> list[Any]:
    """Returns a list without duplicates as it is. Raises ValueError for a duplicate."""
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"'{value}' stands here twice")
    return values


def registered(resource: str) -> AfterValidator:
    """Returns the check of an external id of a record of a resource: `wikidata:Q796`."""

    def checked(text: str) -> str:
        if (mistake := external_id_mistake(text, resource)) is not None:
            raise ValueError(mistake)
        return text

    return AfterValidator(checked)


Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=100)]
HarmKey = Annotated[str, StringConstraints(pattern=HARM, max_length=201)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=LINE)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=PROSE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE)]
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
Day = Annotated[date, BeforeValidator(_day)]
TimeOfDay = Annotated[str, StringConstraints(pattern=TIME_OF_DAY)]
Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Whole, Field(ge=0, le=10_000_000)]
