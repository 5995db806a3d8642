"""Words that stand beside the values of the codebook in counts and sums, by language, from `phrases.json`."""

import json
from functools import cache
from pathlib import Path

from app.model.languages import Language


def phrase(english: str, language: Language) -> str:
    """Returns a phrase in a language."""
    return phrases()[english][language]


@cache
def phrases() -> dict[str, dict[Language, str]]:
    """Returns all phrases by their English words. They are read when the first is asked for."""
    read: dict[str, dict[Language, str]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return read
