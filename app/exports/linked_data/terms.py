"""What the keys of JSON-LD mean: terms of standards where these mean the same, else terms of our own.

schema.org says what a record is about, PROV where it comes from, the Web Annotation vocabulary where a passage stands.
A key means the same wherever it stands, so one plain context is enough, which processors of JSON-LD 1.0 read, too.
"""

from dataclasses import dataclass
from typing import Literal

NAMESPACES = {
    "oa": "http://www.w3.org/ns/oa#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

TERMS_PATH = "/terms"
"""The page of our own terms. Each is a part of it: `/terms#low`."""

EDTF = "http://id.loc.gov/datatypes/edtf"
"""The datatype of EDTF, by the Library of Congress."""

Values = Literal["text", "node", "code", "date", "edtf", "names"]
"""What a term's values are: plain JSON, nodes or their addresses, values of a vocabulary, or names with a language."""

_TYPES: dict[Values, str] = {
    "node": "@id",
    "code": "@vocab",
    "date": "xsd:date",
    "edtf": EDTF,
}


@dataclass(frozen=True)
class Term:
    """A term: its name, with the prefix of a standard or, if it is our own, without one; what its values are, and how
    several of them stand in JSON-LD."""

    name: str
    values: Values = "text"
    container: Literal["", "@set", "@list", "@language"] = ""

    @property
    def key(self) -> str:
        """How it is written: as the standard calls it. Names with a language stand beside the one without."""
        return f"{local(self.name)}s" if self.values == "names" else local(self.name)

    @property
    def is_own(self) -> bool:
        """Whether it is one of our own vocabulary."""
        return ":" not in self.name

    @property
    def definition(self) -> str | dict[str, str]:
        """What a context says of it; nothing of our own plain terms, which `@vocab` covers."""
        parts = {
            "@id": "" if self.is_own else self.name,
            "@type": _TYPES.get(self.values, ""),
            "@container": self.container,
        }
        said = {key: value for key, value in parts.items() if value}
        return self.name if set(said) == {"@id"} else said


def local(name: str) -> str:
    """Returns the name of a term or class without its prefix."""
    return name.rpartition(":")[2]
