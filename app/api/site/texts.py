"""The words of pages around the data, from one file for each language in `web/texts`, with numbers as it has them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import Any

from markupsafe import Markup

from app.model.languages import LANGUAGES, Language

FOLDER = Path(__file__).parents[2] / "web" / "texts"

LRI, RLI, PDI = "\u2066", "\u2067", "\u2069"
"""Signs that isolate a text from left to right, or from right to left, and that end it."""

_MARKS = {"?": "date.uncertain", "~": "date.about", "%": "date.about_uncertain"}
_PLAIN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~%])?")
_OF_HTML = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Texts:
    """The words of one language. Called with the name of a text and the values in it, it returns HTML; a text with
    several forms takes that of `count`, by a plural rule like those of gettext, whose forms have CLDR's names.

    `direction` is `ltr` or `rtl`, which way the language is written.
    """

    language: Language
    of_pages: dict[str, Any]
    of_scripts: dict[str, Any]
    direction: str
    plural_form: Callable[[int], str]

    def __call__(self, name: str, /, **values: Any) -> Markup:
        """Returns a text as HTML, with values in it."""
        text = self.of_pages.get(name) or self.of_scripts[name]
        if isinstance(text, dict):
            text = text.get(self.plural_form(values["count"]), text["other"])
        shown = {key: self.number(one) if isinstance(one, int) else one for key, one in values.items()}
        return Markup(text).format(**shown)

    def number(self, number: int) -> str:
        """Returns a whole number with separators: both languages put commas between thousands in these digits."""
        return f"{number:,}"

    def isolated(self, text: str) -> str:
        """Returns a text that runs as this language does, wherever it stands (U+2066 to U+2069)."""
        return f"{RLI if self.direction == 'rtl' else LRI}{text}{PDI}"

    def bounds(self, total: Mapping[str, Any]) -> str:
        """Returns a sum with its bounds: a number, a range, "3 or more", "up to 12"."""
        low, high = total["low"], total["high"]
        if high is None:
            return str(self("number.open", low=low) if low else self("number.unknown"))
        if low == high:
            return self.number(low)
        return str(self("number.range", low=low, high=high) if low else self("number.up_to", high=high))

    def date(self, edtf: str) -> str:
        """Returns an EDTF date in words: a day, month or year, an interval, a range or set; any other unchanged."""
        one_of = edtf.startswith("[") and edtf.endswith("]")
        if one_of and "," in edtf:
            return self._alternatives(edtf)
        first, separator, last = edtf[1:-1].partition("..") if one_of else edtf.partition("/")
        begin, end = self._plain_date(first), self._plain_date(last)
        if begin is None or end is None or (separator and not begin and not end):
            return edtf
        if not separator:
            return begin
        kind = "range" if one_of else "interval"
        form = f"date.{kind}" if begin and end else f"date.{kind}_from" if begin else f"date.{kind}_until"
        return str(self.of_scripts[form]).format(begin=begin, end=end)

    def days(self, earliest: str | None, latest: str | None) -> str:
        """Returns the days between two, either of which may be open, in words: whole months and years by name."""
        return self.date(span(earliest, latest))

    def _alternatives(self, edtf: str) -> str:
        """Returns a set of dates in words."""
        dates = [self._plain_date(date) for date in edtf[1:-1].split(",")]
        if not all(dates):
            return edtf
        *others, last = map(str, dates)
        return str(self.of_scripts["date.or"]).format(others=self.of_scripts["comma"].join(others), last=last)

    def _plain_date(self, end: str) -> str | None:
        """Returns a day, month or year in words, an empty text for an open end; None for other dates."""
        if end in ("", ".."):
            return ""
        months = self.of_scripts["date.months"]
        match = _PLAIN.fullmatch(end)
        if match is None or not (match[2] is None or 1 <= int(match[2]) <= len(months)):
            return None
        year, month, day, mark = match.groups()
        words = " ".join(part for part in (day and str(int(day)), month and months[int(month) - 1], year) if part)
        return str(self.of_scripts[_MARKS[mark]]).format(date=words) if mark else words


def span(earliest: str | None, latest: str | None) -> str:
    """Returns the days between two as EDTF: a day, month or year where they are just that, else an interval; of whole
    months or years where it begins and ends with such. An open end is None."""
    first, last = earliest or "..", latest or ".."
    if first == last:
        return first
    whole = earliest is not None and latest is not None and first.endswith("-01") and _ends_month(last)
    if whole and first.endswith("-01-01") and last.endswith("-12-31"):
        first, last = first[:4], last[:4]
    elif whole:
        first, last = first[:7], last[:7]
    return first if first == last else f"{first}/{last}"


def _ends_month(day: str) -> bool:
    return (date.fromisoformat(day) + timedelta(1)).day == 1


def missing_part(edtf: str) -> str | None:
    """Returns what a single month or year leaves unknown, as the name of a text; None for other dates."""
    return {4: "date.month_unknown", 7: "date.day_unknown"}.get(len(edtf) if _OF_HTML.fullmatch(edtf) else 0)


def html_date(edtf: str) -> str | None:
    """Returns a day, month or year for the element `time`; None for all else, which HTML has no form for."""
    return edtf if _OF_HTML.fullmatch(edtf) else None


@cache
def texts(language: Language = LANGUAGES[0]) -> Texts:
    """Returns the texts of a language. They are read when the first page is made."""
    read = json.loads((FOLDER / f"{language}.json").read_text("utf-8"))
    forms, rule = read["plural"]["forms"], c2py(read["plural"]["rule"])
    return Texts(language, read["pages"], read["scripts"], read["direction"], lambda count: forms[rule(count)])
