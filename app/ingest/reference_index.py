"""References of the records of one part to all other records, looked up in batches for the whole part."""

import pickle
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from app.ingest.files import Key, Source
from app.ingest.reading import CasualtyEntry, Entry, claims, validate_record
from app.ingest.scan import SHARED_RESOURCES, SharedRecords
from app.ingest.scratch_index import RecordLocation, ScratchIndex
from app.ingest.seed_base import Tombstone
from app.ingest.sums import Sum

Reference = tuple[Key, tuple[str, ...], str, tuple[str, ...]]
"""A reference: path, allowed target resources, id, and a key that must be unique within its record."""


class CountedClaim(NamedTuple):
    """A claim that is counted in sums."""

    id: str
    incident: str
    group: str
    outcome: str
    organization: str | None
    low: int | None
    high: int | None


PARTIES = ("people", "organizations")
_MAX_CANDIDATES = 2_000


class ReferenceIndex:
    """References from and to the records of one part."""

    def __init__(
        self,
        shared_records: SharedRecords,
        scratch_index: ScratchIndex,
        entries: list[Entry[Any]],
        unreadable: Iterable[str] = (),
    ) -> None:
        self.shared_records = shared_records
        self._scratch_index = scratch_index
        self._unreadable = frozenset(unreadable)
        self._entries = entries
        self._shared = {resource: shared_records.of(resource) for resource in SHARED_RESOURCES}
        self._claims: dict[str, list[CasualtyEntry]] = {}
        self._own_claims: dict[int, list[CasualtyEntry]] = {}
        self.links = [list(_links(entry)) for entry in entries]
        self._ids: dict[str, list[str]] = {}
        for entry in entries:
            if isinstance(entry, CasualtyEntry):
                self._own_claims.setdefault(entry.position.number, []).append(entry)
            elif entry.resource != "extensions" and entry.seed.id:
                self._ids.setdefault(entry.resource, []).append(entry.seed.id)

    def has(self, resource: str, id_: str) -> bool:
        """Whether a record exists, valid or not."""
        if resource in SHARED_RESOURCES:
            return id_ in self._shared[resource] or self._scratch_index.has(resource, id_)
        return id_ in self._locations.get(resource, ())

    def has_any(self, resources: Iterable[str], id_: str) -> bool:
        """Whether a record exists in one of these resources."""
        for resource in resources:
            if id_ in self._shared.get(resource, ()):
                return True
        return any(self.has(resource, id_) for resource in resources)

    def resolves(self, resources: Iterable[str], id_: str) -> bool:
        """Whether a reference resolves. It counts as resolved where a file of the target resource cannot be read."""
        return self.has_any(resources, id_) or not self._unreadable.isdisjoint(resources)

    def location(self, resource: str, id_: str) -> RecordLocation | None:
        """Returns the location of the first record with an id of this part; None where no id occurs twice at all."""
        return self._locations.get(resource, {}).get(id_)

    def organization(self, id_: str) -> RecordLocation | None:
        """Returns the location of the organization with this id."""
        return self._scratch_index.records("organizations", (id_,)).get(id_) if self.has("organizations", id_) else None

    def tombstone(self, resource: str, id_: str) -> RecordLocation | None:
        """Returns the location of the tombstone of an id; None if there is none."""
        return self._scratch_index.tombstones(resource, (id_,)).get(id_)

    def missing_message(self, targets: Iterable[str], id_: str) -> str:
        """Returns the error message for a dangling reference."""
        for target in targets:
            removed, successor = self._scratch_index.successor(target, id_)
            if removed:
                return f"'{id_}' was removed" + (f"; use '{successor}'" if successor else "")
        candidates = list(chain.from_iterable(self._known(target) for target in targets))
        near = get_close_matches(id_, candidates[:_MAX_CANDIDATES], 1)
        return f"there is no '{id_}' among {' or '.join(targets)}" + (f"; did you mean '{near[0]}'?" if near else "")

    def _known(self, resource: str) -> list[str]:
        if resource not in self._sampled_ids:
            self._sampled_ids[resource] = self._scratch_index.known(resource, _MAX_CANDIDATES)
        return self._sampled_ids[resource]

    @cached_property
    def _sampled_ids(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _locations(self) -> dict[str, dict[str, RecordLocation]]:
        wanted: dict[str, set[str]] = {}
        for entry, links in zip(self._entries, self.links, strict=True):
            for resource, id_ in self._lookups(entry):
                wanted.setdefault(resource, set()).add(id_)
            for _, targets, target, _ in links:
                for resource in targets:
                    if resource not in SHARED_RESOURCES:
                        wanted.setdefault(resource, set()).add(target)
        return {resource: self._scratch_index.records(resource, ids) for resource, ids in wanted.items()}

    def _lookups(self, entry: Entry[Any]) -> Iterator[tuple[str, str]]:
        """Yields further lookups for a record: others with its id and, for a tombstone, its successor."""
        if isinstance(entry.seed, Tombstone):
            yield entry.resource, entry.seed.id
            if entry.seed.removed.successor is not None:
                yield entry.resource, entry.seed.removed.successor
        elif entry.resource == "statements" and entry.seed.id:
            yield "quotes", entry.seed.id
        if self._scratch_index.has_duplicate_ids and entry.resource != "extensions" and entry.seed.id:
            yield entry.resource, entry.seed.id

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The parts of each incident."""
        return _ids_only(self._scratch_index.children("incidents", self._ids.get("incidents", [])))

    @cached_property
    def related_from(self) -> dict[str, list[str]]:
        """Incidents that name each incident as related."""
        return _ids_only(self._scratch_index.links("related", self._ids.get("incidents", [])))

    @cached_property
    def quotes_about(self) -> dict[str, list[str]]:
        """Quotes about each incident."""
        return _ids_only(self._scratch_index.links("quotes", self._ids.get("incidents", [])))

    @cached_property
    def statements_about(self) -> dict[str, list[tuple[str, bool]]]:
        """Statements about each incident, and whether they contradict another statement or are contradicted."""
        statements = self._scratch_index.links("statements", self._ids.get("incidents", []))
        against = self._scratch_index.links("contradictions", {id_ for ids in statements.values() for id_, _ in ids})
        return {
            incident: [(id_, bool(data) or id_ in against) for id_, data in ids] for incident, ids in statements.items()
        }

    @cached_property
    def extensions(self) -> dict[str, list[Entry[Any]]]:
        """Valid extensions that other articles add to incidents."""
        extensions = self._scratch_index.links("extensions", self._ids.get("incidents", []))
        return {incident: list(_read(data for _, data in added)) for incident, added in extensions.items()}

    @cached_property
    def embedded(self) -> dict[str, list[tuple[str, list[str], Source]]]:
        """Quotes embedded in each quote: id, spans of their words, and source."""
        children = self._scratch_index.children("quotes", self._ids.get("quotes", []))
        return {outer: [(id_, *pickle.loads(data)) for id_, data in inner] for outer, inner in children.items()}

    @cached_property
    def contradicted_by(self) -> dict[str, list[str]]:
        """Statements that contradict each statement."""
        return _ids_only(self._scratch_index.links("contradictions", self._ids.get("statements", [])))

    def claims(self, incident: Entry[Any]) -> list[CasualtyEntry]:
        """Returns all claims about an incident, in file order."""
        if (cached := self._claims.get(incident.seed.id)) is not None:
            return cached
        all_claims = list(self._own_claims.get(incident.position.number, ()))
        for extension in self.extensions.get(incident.seed.id, ()):
            all_claims += [claim for claim in claims(extension) if isinstance(claim, CasualtyEntry)]
        self._claims[incident.seed.id] = sorted(all_claims, key=lambda claim: claim.position)
        return self._claims[incident.seed.id]

    @cached_property
    def parts(self) -> dict[str, dict[str, Sum]]:
        """Sums that the parts of each incident add to its totals, by outcome."""
        sums: dict[str, dict[str, Sum]] = {}
        for incident, claim in self.descendant_claims(self.children) if self.children else ():
            sums.setdefault(incident, {}).setdefault(claim.outcome, Sum()).add(claim.low, claim.high)
        return sums

    def descendant_claims(self, incidents: Iterable[str]) -> Iterator[tuple[str, CountedClaim]]:
        """Yields the counted claims about all descendants of each of these incidents."""
        for incident, part, pickled in self._scratch_index.descendants("incidents", incidents):
            for id_, group, outcome, organization, low, high in pickle.loads(pickled):
                yield incident, CountedClaim(id_, part, group, outcome, organization or None, low, high)
        for incident, data in self._scratch_index.links_to_descendants("extensions", "incidents", incidents):
            for claim in (one for extension in _read((data,)) for one in claims(extension)):
                if isinstance(claim, CasualtyEntry) and (seed := claim.seed).counted:
                    fields = seed.group, seed.outcome, seed.organization, seed.low, seed.high
                    yield incident, CountedClaim(seed.id, claim.incident, *fields)

    def may_overlap(self, one: str | None, other: str | None) -> bool:
        """Whether a person may belong to both of two organizations; None means any organization."""
        if one is None or other is None or one == other:
            return True
        is_descendant = self._scratch_index.is_descendant
        return is_descendant("organizations", one, other) or is_descendant("organizations", other, one)


def _read(pickled: Iterable[bytes]) -> Iterator[Entry[Any]]:
    """Yields the valid records that were pickled as a whole."""
    for data in pickled:
        part, number, data, source = pickle.loads(data)
        if (entry := validate_record(part, number, data, source, [])) is not None and not entry.broken:
            yield entry


def _ids_only(records: dict[str, list[tuple[str, Any]]]) -> dict[str, list[str]]:
    return {target: [id_ for id_, _ in ids] for target, ids in records.items()}


def _links(entry: Entry[Any]) -> Iterator[Reference]:
    """Yields every readable reference of a record."""
    seed, resource = entry.seed, entry.resource
    if isinstance(seed, Tombstone):
        return
    if resource in ("places", "organizations"):
        yield from _each("parents", (resource,), map(_id, seed.parents))
    elif resource == "people":
        yield from _each("organizations", ("organizations",), map(_id, seed.organizations))
    elif resource == "extensions":
        yield from _one("extends", ("incidents",), seed.extends)
    elif resource == "incidents":
        for name, targets, links in (("places", ("places",), seed.places), ("actors", PARTIES, seed.actors)):
            for index, link in enumerate(links):
                if (id_ := _id(link)) is not None:
                    yield (name, index, "id"), targets, id_, (name, id_, str(link.role))
        yield from _each("related", ("incidents",), seed.related)
        yield from _one("parent", ("incidents",), seed.parent)
        yield from _one("location", ("places",), seed.location)
    elif resource == "casualties":
        yield from _one("organization", ("organizations",), seed.organization)
        yield from _each("people", ("people",), seed.people)
        yield from _one("claimed_by", PARTIES, seed.claimed_by)
        yield from _one("via", PARTIES, seed.via)
    elif resource == "quotes":
        for name in ("speaker", "relayed_by", "told_to"):
            yield from _one(name, PARTIES, getattr(seed, name))
        yield from _one("contained_in", ("quotes",), seed.contained_in)
        yield from _each("incidents", ("incidents",), seed.incidents)
        yield from _each("places", ("places",), seed.places)
    elif resource == "statements":
        yield from _one("by", PARTIES, seed.by)
        yield from _one("told_to", PARTIES, seed.told_to)
        yield from _each("contradicts", ("statements", "quotes"), seed.contradicts)
        for name in ("incidents", "places", "people", "organizations") if seed.about else ():
            for index, id_ in enumerate(getattr(seed.about, name)):
                if id_ is not None:
                    yield ("about", name, index), (name,), id_, (name, id_)


def _id(link: Any) -> str | None:
    return None if link is None else link.id


def _one(name: str, targets: tuple[str, ...], id_: str | None) -> Iterator[Reference]:
    if id_ is not None:
        yield (name,), targets, id_, (name,)


def _each(name: str, targets: tuple[str, ...], ids: Iterable[str | None]) -> Iterator[Reference]:
    for index, id_ in enumerate(ids):
        if id_ is not None:
            yield (name, index), targets, id_, (name, id_)
