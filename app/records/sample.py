"""A sample: a few records of every type that refer to each other as much as possible."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from app.model.references import referenced_ids
from app.queries.filters import filters_under
from app.queries.plan import plan
from app.records import RECORD_TYPES
from app.storage.registry import document_bytes_of
from app.storage.snapshot import Snapshot

MAX_OF_TYPE = 20
"""Records of each type."""

_MAX_CANDIDATES = 100
"""Records of each type that are looked at in the order of a list, and of those that the sample refers to."""

_ORDER = (
    "incidents",
    "casualties",
    "quotes",
    "statements",
    "people",
    "organizations",
    "documents",
    "places",
    "articles",
)
"""What others are chosen for comes first. Those not named here are last."""

Key = tuple[str, str]
"""A list and an id."""


@dataclass(frozen=True)
class Sample:
    """Documents by list, and the ids that they refer to but that are not among them."""

    records: dict[str, list[bytes]]
    outside: dict[str, list[str]]


def sample(snapshot: Snapshot) -> Sample:
    """Returns the sample of a release. It is the same each time, and takes few queries however many records there are.

    It begins with deadly incidents of which claims and quotes are known. What the sample refers to most goes before
    what comes first in its list. A record comes with those that it cannot be without (`required`), or not at all.
    """
    choosing = _Choosing(snapshot)
    deadliest = choosing.listed("incidents", sort="-killed")
    choosing.add("incidents", sorted(deadliest, key=choosing.worth, reverse=True))
    for name in dict.fromkeys((*_ORDER[1:], *RECORD_TYPES)):
        choosing.add(name, choosing.referred_to(name))
        choosing.add(name, choosing.listed(name))
    return choosing.result()


def sample_ids(snapshot: Snapshot) -> dict[str, set[str]]:
    """Returns the ids of the sample by list."""
    return {name: {orjson.loads(text)["id"] for text in texts} for name, texts in sample(snapshot).records.items()}


class _Choosing:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._texts: dict[Key, bytes] = {}
        self._documents: dict[Key, dict[str, Any]] = {}
        self._chosen: dict[str, dict[str, None]] = {name: {} for name in RECORD_TYPES}

    def listed(self, name: str, **parameters: str) -> list[str]:
        """Returns the ids of the first records of a list, by its usual order unless another is given."""
        resource = RECORD_TYPES[name]
        filters = filters_under(resource.filters, self._snapshot.codebook).model_validate(parameters)
        rows = plan(resource, filters).on(self._snapshot).rows(_MAX_CANDIDATES)
        for text, _, id_ in rows:
            self._remember(name, id_, text)
        return [id_ for _, _, id_ in rows]

    def referred_to(self, name: str) -> list[str]:
        """Returns the ids that the chosen records refer to, the most frequent first; those that lead nowhere are left
        out, as in a database that holds a sample only."""
        counted = Counter(
            id_
            for other, ids in self._chosen.items()
            if (places := RECORD_TYPES[other].references.get(name))
            for one in ids
            for id_ in referenced_ids(places, [self._documents[other, one]])
        )
        found = [id_ for id_, _ in counted.most_common(_MAX_CANDIDATES)]
        self._read(name, found)
        return [id_ for id_ in found if (name, id_) in self._documents]

    def worth(self, incident: str) -> tuple[int, int]:
        """Incidents with quotes and claims are worth most, and of these the ones that leave room for others' claims."""
        document = self._documents["incidents", incident]
        return bool(document["quotes"]) + bool(document["casualties"]), -len(document["casualties"])

    def add(self, name: str, ids: Iterable[str]) -> None:
        """Chooses those records that there is room for, together with what they cannot be without."""
        for id_ in ids:
            together = self._together(name, id_)
            needed = Counter(other for other, _ in together)
            if all(len(self._chosen[other]) + count <= MAX_OF_TYPE for other, count in needed.items()):
                for other, one in together:
                    self._chosen[other][one] = None

    def _together(self, name: str, id_: str) -> list[Key]:
        """Returns a record and those that it cannot be without, without those that are chosen already. Stops where
        they are too many."""
        found: dict[Key, None] = {}
        waiting = [(name, id_)]
        while waiting and len(found) <= MAX_OF_TYPE * len(RECORD_TYPES):
            key = waiting.pop()
            if key[1] in self._chosen[key[0]] or key in found:
                continue
            found[key] = None
            self._read(key[0], [key[1]])
            for other, places in RECORD_TYPES[key[0]].required.items():
                waiting += [(other, one) for one in referenced_ids(places, [self._documents[key]])]
        return list(found)

    def _read(self, name: str, ids: Iterable[str]) -> None:
        missing = [id_ for id_ in ids if (name, id_) not in self._documents]
        if missing:
            table = RECORD_TYPES[name].table
            for id_, text in self._snapshot.rows(
                select(table.id, document_bytes_of(table)).where(table.id.in_(missing))
            ):
                self._remember(name, id_, text)

    def _remember(self, name: str, id_: str, text: bytes) -> None:
        self._texts[name, id_], self._documents[name, id_] = text, orjson.loads(text)

    def result(self) -> Sample:
        """Returns what was chosen, by id."""
        outside: dict[str, set[str]] = {name: set() for name in RECORD_TYPES}
        for name, ids in self._chosen.items():
            documents = [self._documents[name, id_] for id_ in ids]
            for other, places in RECORD_TYPES[name].references.items():
                outside[other].update(referenced_ids(places, documents))
        return Sample(
            {name: [self._texts[name, id_] for id_ in sorted(ids)] for name, ids in self._chosen.items()},
            {name: sorted(ids - self._chosen[name].keys()) for name, ids in outside.items()},
        )
