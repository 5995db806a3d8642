"""The codebook of the package, `seed/codebook.yaml`. It is read when it is first asked for."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from app.model.codebook.vocabularies import Codebook, Value, Vocabulary
from app.model.languages import LANGUAGES
from app.settings import SEED

SHIPPED_FILE = SEED / "codebook.yaml"


@cache
def shipped() -> Codebook:
    """Returns the codebook of the package."""
    read: dict[str, Any] = yaml.load(
        SHIPPED_FILE.read_text("utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    )
    return Codebook({name: _vocabulary(name, one) for name, one in read.items()})


def _vocabulary(name: str, written: Mapping[str, Any]) -> Vocabulary:
    return Vocabulary(
        name,
        written["type"],
        written["purpose"],
        {value: value_of(value, one) for value, one in written["values"].items()},
        written.get("properties", {}),
        written.get("closed") == "true",
    )


def value_of(value: str, written: Mapping[str, Any]) -> Value:
    """Returns a value as a file has it. A label without languages is English."""
    label = written["label"]
    return Value(
        value,
        {LANGUAGES[0]: label} if isinstance(label, str) else dict(label),
        written["meaning"],
        written.get("broader"),
        tuple(written.get("equivalents", ())),
        tuple(written.get("properties", ())),
    )
