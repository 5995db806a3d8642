"""The languages that the service has words in: labels of the codebook, of facets and of sums."""

from typing import Literal

Language = Literal["en", "ar"]

LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "ar": "Arabic"}
LANGUAGES: tuple[Language, ...] = tuple(LANGUAGE_NAMES)
"""The first is for everybody whose own is none of them."""


def offered_language(tag: str) -> Language:
    """Returns the language of ours that a tag (RFC 5646) asks for, of whatever region; else the first."""
    primary = tag.partition("-")[0].lower()
    return next((one for one in LANGUAGES if one == primary), LANGUAGES[0])
