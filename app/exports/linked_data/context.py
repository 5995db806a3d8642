"""The `@context` of JSON-LD, in versions that never change: a file that somebody saved means the same for ever.

The context is made from the terms of the documents. Each version is a file in `contexts/`; where the terms have
changed since, `python -m tests.examples` writes the next one.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from app.exports.linked_data import passages
from app.exports.linked_data.shapes import CLASSES, Property, properties_of
from app.exports.linked_data.terms import NAMESPACES, TERMS_PATH, Term, local
from app.model.codebook import TEMPLATE
from app.model.documents import DOCUMENTS

Json = dict[str, Any]

FOLDER = Path(__file__).with_name("contexts")


def context_path(version: int | None = None) -> str:
    """Returns the path of a version of the context, of the newest one if none is given."""
    return f"/v1/contexts/{newest_version() if version is None else version}.jsonld"


@cache
def newest_version() -> int:
    """Returns the version that new files have."""
    return max(int(path.stem) for path in FOLDER.glob("*.json"))


@cache
def frozen_context(version: int) -> Json | None:
    """Returns the context of a version as its file has it; None if there is no such version."""
    path = FOLDER / f"{version}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def context(version: int, base: str) -> Json | None:
    """Returns the document of a version for a service whose addresses begin with `base`; None if there is none."""
    frozen = frozen_context(version)
    return None if frozen is None else {"@context": {**frozen, "@vocab": f"{base}{frozen['@vocab']}"}}


def made_context() -> Json:
    """Returns the context that the documents need now, as a file has it. Raises ValueError if a key would mean two
    things."""
    terms: dict[str, Term] = {}
    for term in (*passages.TERMS, *(one.term for one in all_properties())):
        if terms.setdefault(term.key, term) != term:
            raise ValueError(f"{term.key} is both {terms[term.key]} and {term}: declare another name (`Linked`)")
    classes = {local(name): name for name in (*CLASSES.values(), *passages.CLASSES) if ":" in name}
    keys = {key: terms[key].definition for key in sorted(terms) if terms[key].definition}
    return {"@vocab": f"{TERMS_PATH}#", **NAMESPACES, **dict(sorted(classes.items())), **keys}


def all_properties() -> list[Property]:
    """Returns the properties of the documents of all resources. Those that a vocabulary has for each of its values
    are there once."""
    return [one for resource in DOCUMENTS for one in properties_of(resource, TEMPLATE)]
