"""Texts that are to be forgotten, and where they stand in others."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from app.model.digests import Data
from app.search.folding import fold

MARKER = "[redacted]"
"""What stands in a document where a text was."""

FRAGMENT = "#:~:"
"""What the words of a passage begin with in its link."""

_NAMES = ("name", "label", "title")
_OTHER_NAMES = ("aliases", "names")
_TEXTS = ("text", "gist", "summary", "note", "outcome", "rank")
_MIN_WORDS = 4
"""Words of a text that is no name from which on it is looked for elsewhere: fewer recur by chance."""

_MIN_LETTERS = 3
_WORD = re.compile(r"\w+")
IDENTIFIER = re.compile(r"(?:/v1/)?[a-z0-9]+(?:[-_/][a-z0-9]+)*")
"""Ids, addresses of records, and values of vocabularies."""


REFERENCE_KEYS = frozenset(
    (
        *("article", "incident", "incidents", "parent", "parents", "children", "related", "quotes", "statements"),
        *("place", "places", "people", "organization", "organizations", "contains", "contained_in", "contradicts"),
        *("contradicted_by", "speaker", "relayed_by", "told_to", "by", "about", "claimed_by", "via", "part_of"),
        *("author", "documents", "harm"),
    )
)
"""Keys of documents with ids of other records: some have them bare, more did in older shapes."""

_ID_KEYS = REFERENCE_KEYS | {"id", "included", "includes", "may_include", "included_in", "superseded_by"}
"""Keys of documents and columns that have ids, as have all columns whose names end with `_id`."""


class ForgottenId(NamedTuple):
    """The id that a record had before it was replaced."""

    resource: str
    type: str
    id: str
    is_alone: bool
    """Whether no record of another type has or had the same id."""

    def stands_in(self, text: str, key: str) -> bool:
        """Whether a text is the id, or has an address with it."""
        if self.id not in text:
            return False
        is_of_ids = key in _ID_KEYS or key.endswith("_id")
        if self.is_alone and is_of_ids and self.id in text.split("/"):
            return True
        return address_of(self.resource, self.type, self.id).search(text) is not None


@cache
def address_of(resource: str, kind: str, id_: str) -> re.Pattern[str]:
    """Matches what leads to a record in a text: `/v1/people/ID`, or `person/ID` as the log has it."""
    return re.compile(rf"(?<![\w-])((?:{resource}|{kind})/){re.escape(id_)}(?![\w-])")


class Forgotten:
    """The names and texts that a release redacts.

    A name is found as a whole, whatever its case, accents and punctuation; one of a single word only where it stands
    alone, because in a sentence it may be another's. Other texts are found if they have at least four words.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.texts: dict[str, None] = {}
        self.ids: list[ForgottenId] = []
        """Ids that were replaced: they are looked for, and not taken out as texts are."""

    def add(self, value: Any, *, is_name: bool) -> None:
        """Adds a text, or all texts in a list or an object."""
        if isinstance(value, str):
            if _WORD.search(value) and not value.startswith(MARKER):
                (self.names if is_name else self.texts).setdefault(value)
        elif isinstance(value, list | dict):
            for one in value.values() if isinstance(value, dict) else value:
                self.add(one, is_name=is_name)

    def add_document(self, document: Data) -> None:
        """Adds the names of a record and its own texts."""
        for name in names_of(document):
            self.add(name, is_name=True)
        for key in _TEXTS:
            self.add(document.get(key), is_name=False)
        for span in document.get("spans") or ():
            self.add(span.get("exact"), is_name=False)

    @cached_property
    def phrases(self) -> list[str]:
        """What is looked for inside of other texts, the longest first."""
        long = [one for one in self.texts if len(_words(one)) >= _MIN_WORDS]
        several = [one for one in self.names if len(_words(one)) > 1]
        return sorted({*long, *several}, key=len, reverse=True)

    @cached_property
    def _alone(self) -> frozenset[str]:
        return frozenset(map(fold, self.names))

    @cached_property
    def _phrase(self) -> re.Pattern[str]:
        return _any_of(self.phrases)

    @cached_property
    def _folded_phrase(self) -> re.Pattern[str]:
        return _any_of(map(fold, self.phrases))

    @cached_property
    def name_words(self) -> frozenset[str]:
        """The words of names, which links to passages may have one by one."""
        return frozenset(word for name in self.names for word in _words(fold(name)) if len(word) >= _MIN_LETTERS)

    @cached_property
    def _first_words(self) -> tuple[str, ...]:
        """The longest word of each name and phrase, as it stands in texts and in addresses."""
        longest = {max(_words(one), key=len).casefold() for one in (*self.names, *self.phrases)}
        folded = {max(_words(fold(one)), key=len) for one in (*self.names, *self.phrases)}
        return (*longest, *folded, *(quote(word).casefold() for word in longest if not word.isascii()))

    def may_be_in(self, stored: str) -> bool:
        """Whether a stored document may have one of the texts; a quick look."""
        lower = stored.casefold()
        return (
            any(word in lower for word in self._first_words)
            or any(one.id in lower for one in self.ids)
            or (not lower.isascii() and any(word in fold(lower) for word in self._first_words))
        )

    def stands_in(self, text: str, key: str = "") -> bool:
        """Whether a text repeats one of the texts, or an id that was replaced. Ids repeat no texts, unless the key says
        that it is a name."""
        return self._repeats(text, key) or any(one.stands_in(text, key) for one in self.ids)

    def _repeats(self, text: str, key: str = "") -> bool:
        if IDENTIFIER.fullmatch(text):
            return is_of_names(key) and fold(text) in self._alone
        if FRAGMENT in text and self._phrase.search(unquote(text.partition(FRAGMENT)[2])):
            return True
        if _is_page(text, key):
            return False
        return fold(text) in self._alone or bool(self._phrase.search(text) or self._folded_phrase.search(fold(text)))

    def without(self, text: str, key: str = "", *, is_about: bool = False) -> str:
        """Returns a text without the texts. The link to a passage loses its words if these have one of them; in a
        document that `is_about` the record, if they have a word of a name."""
        if IDENTIFIER.fullmatch(text):
            return MARKER if self._repeats(text, key) else text
        if FRAGMENT in text:
            address, _, words = text.partition(FRAGMENT)
            words = unquote(words)
            named = is_about and not self.name_words.isdisjoint(_words(fold(words)))
            return address if named or self._phrase.search(words) else text
        if _is_page(text, key):
            return text
        if fold(text) in self._alone:
            return MARKER
        shorter = self._phrase.sub(MARKER, text)
        return MARKER if self._folded_phrase.search(fold(shorter)) else shorter


def _is_page(text: str, key: str) -> bool:
    """Whether a text is the address of a published page, which stays whatever its publisher has written in it."""
    return key in ("link", "url") and text.startswith(("http://", "https://"))


def names_of(document: Data) -> Iterator[str]:
    """Yields the names that a record has, in any language."""
    yield from (document[key] for key in _NAMES if document.get(key))
    for key in _OTHER_NAMES:
        yield from (one["name"] for one in document.get(key) or () if isinstance(one, dict))


def is_of_names(key: str) -> bool:
    """Whether a key of a document has names."""
    return key in (*_NAMES, *_OTHER_NAMES)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches one of some phrases, whatever stands between their words; nothing without phrases."""
    spellings = [r"[\W_]+".join(map(re.escape, _words(one))) for one in phrases]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spellings)})(?!\w)" if spellings else r"(?!)", re.IGNORECASE)
