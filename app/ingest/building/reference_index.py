"""References of the records of one part to all other records, looked up in batches for the whole part."""

import pickle
from collections.abc import Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from pydantic import ValidationError

from app.ingest.building.harms import SeedHarm, harms, with_wholes
from app.ingest.building.scan import SHARED_RESOURCES, SharedRecords, same_as_kind
from app.ingest.building.scratch_index import RecordLocation, ScratchIndex
from app.ingest.seed.claim_seeds import CasualtySeed
from app.ingest.seed.files import Key, Source
from app.ingest.seed.reading import CasualtyEntry, Entry, claims, validate_record
from app.ingest.seed.record_seeds import DateSeed, IncidentSeed, OrganizationSeed, PersonSeed, PlaceSeed
from app.ingest.seed.seed_base import Tombstone
from app.model.codebook import Codebook

Reference = tuple[Key, tuple[str, ...], str, tuple[str, ...]]
"""A reference: path, allowed target resources, id, and a key that must be unique within its record."""


class Inclusion(NamedTuple):
    """One harm that says that it includes another: the id of the inner one, the key and the outcome of the outer, and
    where it says so."""

    inner: str
    outer: str
    is_certain: bool
    outcome: str
    source: Source
    path: Key


PARTIES = ("people", "organizations")
_MAX_CANDIDATES = 2_000


class ReferenceIndex:
    """References from and to the records of one part."""

    def __init__(
        self,
        shared_records: SharedRecords,
        scratch_index: ScratchIndex,
        entries: list[Entry[Any]],
        codebook: Codebook,
        unreadable: Iterable[str] = (),
    ) -> None:
        self.shared_records = shared_records
        self.codebook = codebook
        self._disputed = codebook.having("casualty.basis", "disputes")
        self._scratch_index = scratch_index
        self._unreadable = frozenset(unreadable)
        self._entries = entries
        self._shared = {resource: shared_records.of(resource) for resource in SHARED_RESOURCES}
        self._claims: dict[str, list[CasualtyEntry]] = {}
        self._own_claims: dict[int, list[CasualtyEntry]] = {}
        self._harms: dict[str, list[SeedHarm]] = {}
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
        near = self.nearest(targets, id_)
        return f"there is no '{id_}' among {' or '.join(targets)}" + (f"; did you mean '{near}'?" if near else "")

    def nearest(self, targets: Iterable[str], id_: str) -> str | None:
        """Returns the nearest id that is there, or the successor of one that was removed; None for none."""
        for target in targets:
            if (successor := self._scratch_index.successor(target, id_)[1]) is not None:
                return successor
        candidates = list(chain.from_iterable(self._known(target) for target in targets))
        return next(iter(get_close_matches(id_, candidates[:_MAX_CANDIDATES], 1)), None)

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
        elif entry.resource == "casualties" and entry.seed.part_of:
            yield "casualties", entry.seed.part_of
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

    def label(self, resource: str, id_: str) -> str:
        """Returns what to print for a record that one of this part refers to, or that refers to one of this part.

        It is empty where the record is missing or cannot be read: then nothing is loaded.
        """
        if resource in SHARED_RESOURCES:
            summary = self._shared[resource].get(id_)
            return summary.label if summary else ""
        return self._labels[resource].get(id_, "")

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        wanted: dict[str, set[str]] = {"incidents": set(), "quotes": set(), "statements": set()}
        for links in self.links:
            for _, targets, target, _ in links:
                for resource in targets:
                    if resource in wanted:
                        wanted[resource].add(target)
        plain = [("incidents", self.children), ("incidents", self.related_from), ("quotes", self.quotes_about)]
        for resource, referring in (*plain, ("statements", self.contradicted_by)):
            wanted[resource].update(chain.from_iterable(referring.values()))
        wanted["quotes"].update(one[0] for ones in self.embedded.values() for one in ones)
        wanted["statements"].update(one[0] for ones in self.statements_about.values() for one in ones)
        return {resource: self._scratch_index.labels(resource, ids) for resource, ids in wanted.items()}

    @cached_property
    def incident_dates(self) -> dict[str, tuple[DateSeed, str]]:
        """Dates of the incidents that quotes of this part are about, with the article that gives them."""
        quotes = (entry for entry in self._entries if entry.resource == "quotes" and entry.seed.id)
        ids = {id_ for quote in quotes for id_ in getattr(quote.seed, "incidents", ())}
        dates: dict[str, tuple[DateSeed, str]] = {}
        for incident, pickled in self._scratch_index.dates(ids).items() if ids else ():
            data, article = pickle.loads(pickled)
            with suppress(ValueError):  # an invalid date is an error of its incident
                dates[incident] = DateSeed.model_validate(data), article
        return dates

    @cached_property
    def extensions(self) -> dict[str, list[Entry[Any]]]:
        """Valid extensions that other articles add to incidents."""
        extensions = self._scratch_index.links("extensions", self._ids.get("incidents", []))
        return {incident: list(self._read(data for _, data in added)) for incident, added in extensions.items()}

    @cached_property
    def embedded(self) -> dict[str, list[tuple[str, list[str], Source]]]:
        """Quotes embedded in each quote: id, spans of their words, and source."""
        children = self._scratch_index.children("quotes", self._ids.get("quotes", []))
        return {outer: [(id_, *pickle.loads(data)) for id_, data in inner] for outer, inner in children.items()}

    @cached_property
    def contradicted_by(self) -> dict[str, list[str]]:
        """Statements that contradict each statement."""
        return _ids_only(self._scratch_index.links("contradictions", self._ids.get("statements", [])))

    def first_known_as(
        self, entry: Entry[PlaceSeed | OrganizationSeed | PersonSeed | IncidentSeed]
    ) -> Iterator[tuple[int, str, Source]]:
        """Yields the external ids of a record that another one of its type has before it: position in its list, the
        other's id, and its source."""
        ids = entry.seed.same_as
        known = self._scratch_index.links(same_as_kind(entry.resource), filter(None, ids)) if ids else {}
        for index, one in enumerate(ids):
            other, data = known[one][0] if one in known else (entry.seed.id, b"")
            if other != entry.seed.id:
                yield index, other, pickle.loads(data)

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
    def inclusions(self) -> dict[str, list[Inclusion]]:
        """The harms that include harms of each incident."""
        links = self._scratch_index.links("inclusions", self._ids.get("incidents", []))
        return {
            about: [_inclusion(outer, *pickle.loads(data)) for outer, data in some] for about, some in links.items()
        }

    def harms(self, incident: Entry[Any]) -> list[SeedHarm]:
        """Returns the harms of an incident."""
        if (cached := self._harms.get(incident.seed.id)) is None:
            outer = [(one.inner, one.outer) for one in self.inclusions.get(incident.seed.id, ())]
            claims = [claim.seed for claim in self.claims(incident) if not claim.broken]
            cached = harms(incident.seed.id, with_wholes(claims), self._disputed, dict.fromkeys(outer))
            self._harms[incident.seed.id] = cached
        return cached

    def harms_below(self, incident: str) -> list[SeedHarm]:
        """Returns the harms of all parts of an incident."""
        return self._harms_below.get(incident, [])

    @cached_property
    def _harms_below(self) -> dict[str, list[SeedHarm]]:
        by_incident: dict[str, dict[str, list[CasualtySeed]]] = {}
        for incident, part, claim in self._claims_below() if self.children else ():
            by_incident.setdefault(incident, {}).setdefault(part, []).append(claim)
        return {
            incident: [
                harm for part, claims in by_part.items() for harm in harms(part, with_wholes(claims), self._disputed)
            ]
            for incident, by_part in by_incident.items()
        }

    def _claims_below(self) -> Iterator[tuple[str, str, CasualtySeed]]:
        """Yields the valid claims about the descendants of each incident that has any: ancestor, incident, claim."""
        for incident, part, pickled in self._scratch_index.descendants("incidents", self.children):
            for claim in pickle.loads(pickled):
                with suppress(ValidationError):
                    yield incident, part, CasualtySeed.model_validate(claim, context=self.codebook)
        for incident, data in self._scratch_index.links_to_descendants("extensions", "incidents", self.children):
            for claim in (one for extension in self._read((data,)) for one in claims(extension)):
                if isinstance(claim, CasualtyEntry):
                    yield incident, claim.incident, claim.seed

    def includes(self, outer: str, inner: str) -> bool:
        """Whether a harm includes another, certainly or perhaps, itself or by what it includes."""
        return self._scratch_index.is_descendant("harms", inner, outer)

    def _read(self, pickled: Iterable[bytes]) -> Iterator[Entry[Any]]:
        """Yields the valid records that were pickled as a whole."""
        for one in pickled:
            part, number, data, source = pickle.loads(one)
            entry = validate_record(part, number, data, source, [], self.codebook)
            if entry is not None and not entry.broken:
                yield entry

    def may_overlap(self, one: str | None, other: str | None) -> bool:
        """Whether a person may belong to both of two organizations; None means any organization."""
        if one is None or other is None or one == other:
            return True
        is_descendant = self._scratch_index.is_descendant
        return is_descendant("organizations", one, other) or is_descendant("organizations", other, one)


def _inclusion(outer: str, inner: str, is_certain: bool, outcome: str, source: Source, path: Key) -> Inclusion:
    return Inclusion(inner, outer, is_certain, outcome, source, path)


def _ids_only(records: dict[str, list[tuple[str, Any]]]) -> dict[str, list[str]]:
    return {target: [id_ for id_, _ in ids] for target, ids in records.items()}


def _links(entry: Entry[Any]) -> Iterator[Reference]:
    """Yields every readable reference of a record."""
    seed, resource = entry.seed, entry.resource
    if isinstance(seed, Tombstone):
        return
    if resource == "articles":
        for index, caption in enumerate(seed.captions):
            for name, targets in (("place", ("places",)), ("subject", PARTIES)):
                if caption is not None and (id_ := getattr(caption, name)) is not None:
                    yield ("captions", index, name), targets, id_, ("captions", str(index), name)
    elif resource in ("places", "organizations"):
        yield from _each("parents", (resource,), map(_id, seed.parents))
    elif resource == "people":
        yield from _each("organizations", ("organizations",), map(_id, seed.organizations))
    elif resource == "documents":
        yield from _one("author", PARTIES, seed.author)
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
        yield from _each("documents", ("documents",), seed.documents)
        for name in ("includes", "may_include"):
            for index, key in enumerate(getattr(seed, name) or ()):
                if key is not None:
                    yield (name, index), ("incidents",), key.partition("/")[0], (name, key)
    elif resource == "quotes":
        for name in ("speaker", "relayed_by", "told_to"):
            yield from _one(name, PARTIES, getattr(seed, name))
        yield from _one("contained_in", ("quotes",), seed.contained_in)
        yield from _each("documents", ("documents",), seed.documents)
        yield from _each("incidents", ("incidents",), seed.incidents)
        yield from _each("places", ("places",), seed.places)
    elif resource == "statements":
        yield from _one("by", PARTIES, seed.by)
        yield from _each("documents", ("documents",), seed.documents)
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
