"""Words to print for the values of the codebook, and for what else stands among them in counts and sums.

They stand in `labels.json`, by language, and are read when the first is asked for.
"""

import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app.model.codebook import CODEBOOK
from app.model.languages import Language

Translations = dict[str, dict[Language, str]]
"""By value or English phrase, the words in each language."""


def value_labels(vocabulary: type[StrEnum], language: Language) -> dict[str, str]:
    """Returns the label of each value of a vocabulary."""
    return {value: words[language] for value, words in codebook_labels()[_names()[vocabulary]].items()}


def phrase(english: str, language: Language) -> str:
    """Returns a phrase that stands beside the values of the codebook in another language."""
    return phrases()[english][language]


def codebook_labels() -> dict[str, Translations]:
    """Returns the labels of all vocabularies by their names in the codebook."""
    return _read().codebook


def phrases() -> Translations:
    """Returns all phrases."""
    return _read().phrases


class _Words(NamedTuple):
    codebook: dict[str, Translations]
    phrases: Translations


@cache
def _read() -> _Words:
    return _Words(**json.loads(Path(__file__).with_name("labels.json").read_text("utf-8")))


@cache
def _names() -> dict[type[StrEnum], str]:
    return {vocabulary: name for name, vocabulary in CODEBOOK.items()}
