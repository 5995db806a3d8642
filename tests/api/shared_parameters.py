"""Which parameters the contract test asks for where: one that many operations take alike is asked for at a few of them.

Every file and feed takes the filters of its list, every list the same ways to choose parts of records and to leave
out what filters find. Each is one declaration in the code, so that asking for it at all operations says nothing new.
"""

import json
import re
from collections import Counter, defaultdict
from typing import Any

from app.records import RECORD_TYPES

Schema = dict[str, Any]

LISTS = "|".join(RECORD_TYPES)
KINDS = {
    "casualties and their sums": r"/v1/casualties(/summary(\.csv)?)?",
    "list": f"/v1/({LISTS})",
    "record": rf"/v1/({LISTS})/\{{id\}}",
    "history": rf"/v1/({LISTS})/\{{id\}}/history",
    "file": rf"/v1/({LISTS})\.(?!atom|feed\.json)[a-z.]+",
    "feed": r"/v1/[a-z]+\.(atom|feed\.json)",
    "facets": r"/v1/facets(\.csv)?",
    "tiles": r"/v1/tiles/incidents(\.json|/.+\.mvt)",
}
"""Operations that take the same parameters, by their paths; any other is a kind of its own."""

SAME_AS_OTHERS = (
    r"^/v1/(?!people\.xlsx|places\.parquet|quotes\.arrow|statements\.jsonld|(dataset|catalog|terms)\.)"
    r"\w+\.(xlsx|parquet|arrow|jsonld)$"
    r"|^/v1/(?!people)\w+/\{id\}\.jsonld$"
)
"""Files in formats that take what others take, so that in the short run one list of each format is asked, as CSV and
NDJSON are at every list."""

OF_FACETS = "casualties"
"""The list whose filters facets are asked with: no other has as many, and facets refuse those of other lists. What
filters leave out is asked of sums."""

GO_WITH = {
    r"date_match$": "datetime",
    r"place_(role|certainty|basis)$": "place",
    r"actor_(role|certainty)$": "actor",
    r"radius_km$": "near",
    r"fields\[": "include",
}
"""What is refused without another parameter is asked for together with that one."""

EVERYTHING = "DATELINE_ASK_EVERYTHING"
"""The variable of the environment that the long run has: it asks everything of everything."""

OF_EVERY_OUTCOME = re.compile(r"(?!killed_)[a-z]+_(claimed_)?(at_least|possibly)$")
"""Made from one declaration for all outcomes of the codebook: those of `killed` stand for the others."""

OF_EVERY_LIST = re.compile(
    r"not\.|fields\[|(facet_.*|article|changed_since|count|cursor|evidence|lang|limit|q|release|z)$"
)
"""What a list is not asked for again if another one takes it; its own filters are tried on each."""


def kind_of(path: str) -> str:
    """The kind of operation behind a path."""
    return next((kind for kind, paths in KINDS.items() if re.fullmatch(paths, path)), path)


def ask_once(schema: Schema) -> Schema:
    """The document without the parameters that another operation of the kind takes with the very same declaration.

    They are spread, each to the one that has the fewest so far, so that every operation is asked for some.
    """
    operations = [
        (kind_of(path), operation)
        for path, item in sorted(schema["paths"].items())
        for operation in item.values()
        if isinstance(operation, dict) and "parameters" in operation and not re.match(SAME_AS_OTHERS, path)
    ]
    filters = {
        name: {one["name"] for one in schema["paths"][f"/v1/{name}"]["get"]["parameters"]} for name in RECORD_TYPES
    }
    of_others = set().union(*filters.values()) - filters[OF_FACETS]
    for kind, operation in operations:
        operation["parameters"] = [
            one
            for one in operation["parameters"]
            if not OF_EVERY_OUTCOME.match(one["name"])
            and not (kind == "facets" and (one["name"] in of_others or one["name"].startswith("not.")))
        ]
    takers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (kind, operation) in enumerate(operations):
        for parameter in operation["parameters"]:
            takers[kind, _declaration(parameter)].append(number)
    asked = {key: set(numbers) for key, numbers in takers.items() if not _is_shared(*key)}
    load = Counter(number for numbers in asked.values() for number in numbers)
    for key in sorted(takers.keys() - asked.keys(), key=lambda key: (len(takers[key]), key)):
        chosen = min(takers[key], key=lambda number: (load[number], number))
        load[chosen] += 1
        asked[key] = {chosen}
    for number, (kind, operation) in enumerate(operations):
        kept = {one["name"] for one in operation["parameters"] if number in asked[kind, _declaration(one)]}
        kept |= {other for name in kept for one, other in GO_WITH.items() if re.match(one, name)}
        operation["parameters"] = [one for one in operation["parameters"] if one["name"] in kept]
    return schema


def _is_shared(kind: str, declaration: str) -> bool:
    parameter = json.loads(declaration)
    if parameter.get("required") or kind not in KINDS:
        return False
    return kind != "list" or OF_EVERY_LIST.match(parameter["name"]) is not None


def _declaration(parameter: Schema) -> str:
    return json.dumps(parameter, sort_keys=True)
