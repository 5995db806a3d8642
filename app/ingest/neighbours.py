"""What a part's records need to know of all others, looked up for the whole part at once."""

import pickle
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from app.ingest.files import Key, Source
from app.ingest.ledger import Ledger, Standing
from app.ingest.reading import CasualtyEntry, Entry, claims, validated
from app.ingest.seed import Tombstone
from app.ingest.sums import Sum
from app.ingest.survey import SHARED, Outline

Link = tuple[Key, tuple[str, ...], str, tuple[str, ...]]
"""A reference: path, the resources that it may lead to, id, and what may stand in its record once."""


class Counted(NamedTuple):
    """A claim that sums include."""

    id: str
    incident: str
    group: str
    outcome: str
    organization: str | None
    low: int | None
    high: int | None


PARTIES = ("people", "organizations")
_COMPARED = 2_000


class Neighbours:
    """The surroundings of some records."""

    def __init__(self, outline: Outline, ledger: Ledger, entries: list[Entry[Any]], unread: Iterable[str] = ()) -> None:
        self.outline = outline
        self._ledger = ledger
        self._unread = frozenset(unread)
        self._entries = entries
        self._shared = {resource: outline.of(resource) for resource in SHARED}
        self._claims: dict[str, list[CasualtyEntry]] = {}
        self._own_claims: dict[int, list[CasualtyEntry]] = {}
        self.links = [list(_links(entry)) for entry in entries]
        self._ids: dict[str, list[str]] = {}
        for entry in entries:
            if isinstance(entry, CasualtyEntry):
                self._own_claims.setdefault(entry.place.number, []).append(entry)
            elif entry.resource != "extensions" and entry.seed.id:
                self._ids.setdefault(entry.resource, []).append(entry.seed.id)

    def has(self, resource: str, id_: str) -> bool:
        """Whether a record is there, readable or not."""
        if resource in SHARED:
            return id_ in self._shared[resource] or self._ledger.has(resource, id_)
        return id_ in self._there.get(resource, ())

    def has_any(self, resources: Iterable[str], id_: str) -> bool:
        """Whether a record is there in one of some resources."""
        for resource in resources:
            if id_ in self._shared.get(resource, ()):
                return True
        return any(self.has(resource, id_) for resource in resources)

    def leads(self, resources: Iterable[str], id_: str) -> bool:
        """Whether a reference leads somewhere, as far as that can be told: not where a file cannot be read."""
        return self.has_any(resources, id_) or not self._unread.isdisjoint(resources)

    def standing(self, resource: str, id_: str) -> Standing | None:
        """Where the first record with the id of one of the part's stands, if any id stands twice at all."""
        return self._there.get(resource, {}).get(id_)

    def organization(self, id_: str) -> Standing | None:
        """Where an organization stands that has this id."""
        return self._ledger.records("organizations", (id_,)).get(id_) if self.has("organizations", id_) else None

    def tombstone(self, resource: str, id_: str) -> Standing | None:
        return self._ledger.tombstones(resource, (id_,)).get(id_)

    def missing(self, targets: Iterable[str], id_: str) -> str:
        """What to say of an id that leads nowhere."""
        for target in targets:
            removed, successor = self._ledger.successor(target, id_)
            if removed:
                return f"'{id_}' was removed" + (f"; use '{successor}'" if successor else "")
        known = list(chain.from_iterable(self._known(target) for target in targets))
        near = get_close_matches(id_, known[:_COMPARED], 1)
        return f"there is no '{id_}' among {' or '.join(targets)}" + (f"; did you mean '{near[0]}'?" if near else "")

    def _known(self, resource: str) -> list[str]:
        if resource not in self._some:
            self._some[resource] = self._ledger.known(resource, _COMPARED)
        return self._some[resource]

    @cached_property
    def _some(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _there(self) -> dict[str, dict[str, Standing]]:
        wanted: dict[str, set[str]] = {}
        for entry, links in zip(self._entries, self.links, strict=True):
            for resource, id_ in self._own(entry):
                wanted.setdefault(resource, set()).add(id_)
            for _, targets, target, _ in links:
                for resource in targets:
                    if resource not in SHARED:
                        wanted.setdefault(resource, set()).add(target)
        return {resource: self._ledger.records(resource, ids) for resource, ids in wanted.items()}

    def _own(self, entry: Entry[Any]) -> Iterator[tuple[str, str]]:
        """What else is looked up for a record: who else has its id, and for a tombstone the record that took over."""
        if isinstance(entry.seed, Tombstone):
            yield entry.resource, entry.seed.id
            if entry.seed.removed.successor is not None:
                yield entry.resource, entry.seed.removed.successor
        elif entry.resource == "statements" and entry.seed.id:
            yield "quotes", entry.seed.id
        if self._ledger.has_repeated and entry.resource != "extensions" and entry.seed.id:
            yield entry.resource, entry.seed.id

    @cached_property
    def children(self) -> dict[str, list[str]]:
        return _plain(self._ledger.children("incidents", self._ids.get("incidents", [])))

    @cached_property
    def related_from(self) -> dict[str, list[str]]:
        """The incidents that name each incident as related."""
        return _plain(self._ledger.links("related", self._ids.get("incidents", [])))

    @cached_property
    def quotes_about(self) -> dict[str, list[str]]:
        return _plain(self._ledger.links("quotes", self._ids.get("incidents", [])))

    @cached_property
    def statements_about(self) -> dict[str, list[tuple[str, bool]]]:
        """The statements about each incident, and whether they stand against another or another against them."""
        found = self._ledger.links("statements", self._ids.get("incidents", []))
        against = self._ledger.links("contradictions", {id_ for ids in found.values() for id_, _ in ids})
        return {incident: [(id_, bool(data) or id_ in against) for id_, data in ids] for incident, ids in found.items()}

    @cached_property
    def extensions(self) -> dict[str, list[Entry[Any]]]:
        """What other articles add to incidents, as far as it can be read."""
        found = self._ledger.links("extensions", self._ids.get("incidents", []))
        return {incident: list(_read(data for _, data in added)) for incident, added in found.items()}

    @cached_property
    def embedded(self) -> dict[str, list[tuple[str, list[str], Source]]]:
        """The quotes inside each quote: id, where their words stand, and their source."""
        found = self._ledger.children("quotes", self._ids.get("quotes", []))
        return {outer: [(id_, *pickle.loads(data)) for id_, data in inner] for outer, inner in found.items()}

    @cached_property
    def contradicted_by(self) -> dict[str, list[str]]:
        return _plain(self._ledger.links("contradictions", self._ids.get("statements", [])))

    def claims(self, incident: Entry[Any]) -> list[CasualtyEntry]:
        """Every claim about an incident, in file order."""
        if (known := self._claims.get(incident.seed.id)) is not None:
            return known
        found = list(self._own_claims.get(incident.place.number, ()))
        for extension in self.extensions.get(incident.seed.id, ()):
            found += [claim for claim in claims(extension) if isinstance(claim, CasualtyEntry)]
        self._claims[incident.seed.id] = sorted(found, key=lambda claim: claim.place)
        return self._claims[incident.seed.id]

    @cached_property
    def parts(self) -> dict[str, dict[str, Sum]]:
        """What the parts of each incident add to its totals, by outcome."""
        sums: dict[str, dict[str, Sum]] = {}
        for incident, claim in self.counted_below(self.children) if self.children else ():
            sums.setdefault(incident, {}).setdefault(claim.outcome, Sum()).add(claim.low, claim.high)
        return sums

    def counted_below(self, incidents: Iterable[str]) -> Iterator[tuple[str, Counted]]:
        """The claims that sums include about the events that each of these incidents is made of, on every level."""
        for incident, part, kept in self._ledger.below("incidents", incidents):
            for id_, group, outcome, organization, low, high in pickle.loads(kept):
                yield incident, Counted(id_, part, group, outcome, organization or None, low, high)
        for incident, data in self._ledger.links_below("extensions", "incidents", incidents):
            for claim in (one for extension in _read((data,)) for one in claims(extension)):
                if isinstance(claim, CasualtyEntry) and (seed := claim.seed).counted:
                    its_own = seed.group, seed.outcome, seed.organization, seed.low, seed.high
                    yield incident, Counted(seed.id, claim.incident, *its_own)

    def overlap(self, one: str | None, other: str | None) -> bool:
        """Whether somebody may belong to both of two organizations; null is any."""
        if one is None or other is None or one == other:
            return True
        below = self._ledger.is_below
        return below("organizations", one, other) or below("organizations", other, one)


def _read(kept: Iterable[bytes]) -> Iterator[Entry[Any]]:
    """Records of which the ledger kept everything."""
    for data in kept:
        part, number, raw, source = pickle.loads(data)
        if (entry := validated(part, number, raw, source, [])) is not None and not entry.broken:
            yield entry


def _plain(found: dict[str, list[tuple[str, Any]]]) -> dict[str, list[str]]:
    return {target: [id_ for id_, _ in ids] for target, ids in found.items()}


def _links(entry: Entry[Any]) -> Iterator[Link]:
    """Every reference of a record, as far as it can be read."""
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


def _one(name: str, targets: tuple[str, ...], id_: str | None) -> Iterator[Link]:
    if id_ is not None:
        yield (name,), targets, id_, (name,)


def _each(name: str, targets: tuple[str, ...], ids: Iterable[str | None]) -> Iterator[Link]:
    for index, id_ in enumerate(ids):
        if id_ is not None:
            yield (name, index), targets, id_, (name, id_)
