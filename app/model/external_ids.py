"""Ids that others have given to what a record is about: `wikidata:Q796`. A CURIE, the register before the colon.

Only registers of this list are taken, each with the form of its ids and the types of records that it is about. Where a
register has a lasting address for each of its ids, records link to it.
"""

import re
from typing import NamedTuple


class Register(NamedTuple):
    """A register: its name, the form of its ids with an example, and, by the resources that it is about, the address of
    an id (None where it has none)."""

    name: str
    pattern: str
    example: str
    addresses: dict[str, str | None]


def _everywhere(address: str, *resources: str) -> dict[str, str | None]:
    return dict.fromkeys(resources, address)


IDENTIFIED = ("incidents", "places", "people", "organizations")
"""The resources whose records may have external ids."""

REGISTERS: dict[str, Register] = {
    "wikidata": Register(
        "Wikidata", "Q[1-9][0-9]{0,11}", "Q796", _everywhere("http://www.wikidata.org/entity/{}", *IDENTIFIED)
    ),
    "geonames": Register(
        "GeoNames", "[1-9][0-9]{0,11}", "99237", _everywhere("https://sws.geonames.org/{}/", "places")
    ),
    "osm": Register(
        "OpenStreetMap",
        "(node|way|relation)/[1-9][0-9]{0,14}",
        "relation/304934",
        _everywhere("https://www.openstreetmap.org/{}", "places"),
    ),
    "viaf": Register(
        "VIAF", "[1-9][0-9]{0,21}", "102333412", _everywhere("https://viaf.org/viaf/{}", "people", "organizations")
    ),
    "isni": Register(
        "ISNI",
        "[0-9]{15}[0-9X]",
        "0000000121032683",
        _everywhere("https://isni.org/isni/{}", "people", "organizations"),
    ),
    "lei": Register(
        "Legal Entity Identifier",
        "[0-9A-Z]{18}[0-9]{2}",
        "5493001KJTIIGC8Y1R12",
        _everywhere("https://search.gleif.org/#/record/{}", "organizations"),
    ),
    "ucdp": Register(
        "Uppsala Conflict Data Program",
        "[1-9][0-9]{0,8}",
        "234",
        {"organizations": "https://ucdp.uu.se/actor/{}", "incidents": None},
    ),
    "acled": Register("ACLED", "[A-Z]{3}[0-9]{1,9}", "IRQ13285", {"incidents": None}),
}
"""By prefix."""

PATTERN = "|".join(f"{prefix}:{register.pattern}" for prefix, register in REGISTERS.items())
"""The form of any external id."""


def external_id_mistake(text: str, resource: str | None = None) -> str | None:
    """Returns why a text is no external id, or none of a record of a resource; None if it is one."""
    prefix, _, id_ = text.partition(":")
    register = REGISTERS.get(prefix)
    if register is None or (resource is not None and resource not in register.addresses):
        about = "" if register is None or resource is None else f"{register.name} is not a register of {resource}; "
        return f"{about}taken are {taken(resource)}"
    if not re.fullmatch(register.pattern, id_, re.ASCII):
        return f"an id of {register.name} is written like {prefix}:{register.example}"
    return None


def taken(resource: str | None = None) -> str:
    """Returns an example of each register's ids, of those that are about a resource."""
    return ", ".join(
        f"{prefix}:{register.example}"
        for prefix, register in REGISTERS.items()
        if resource is None or resource in register.addresses
    )


def address(external_id: str, resource: str) -> str | None:
    """Returns where an external id of a record of a resource leads; None where its register has no addresses."""
    prefix, _, id_ = external_id.partition(":")
    template = REGISTERS[prefix].addresses[resource]
    return None if template is None else template.format(id_)
