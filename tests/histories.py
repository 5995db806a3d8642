"""Random edits of the sample dossier from release to release, as editors make them. Every step leaves it valid."""

from collections.abc import Callable, Iterator
from typing import Any

from tests import sample
from tests.sample import INCIDENTS, QUOTES, STATEMENTS, Files, proof

PLACES, PEOPLE, ORGANIZATIONS = "places.yaml", "people.yaml", "organizations.yaml"
FILES = (PLACES, PEOPLE, ORGANIZATIONS, INCIDENTS, QUOTES, STATEMENTS)
FIXED = {"ash-county", "river-guards", "ida-falk", "jon-berg", "guard"}
"""Records that are only edited, because others cannot be without them."""

SAID = {"ash-river", "orsa", "miller"}
"""Records whose names stand in titles and texts of others, which would have to be written anew to redact them."""

POINT = {"latitude": "60.25", "longitude": "14", "precision": "locality", "radius_m": "2000", "source": "invented"}

Json = dict[str, Any]


class Desk:
    """A dossier and the editors' steps. A step picks its records by two numbers, whatever there is to pick from."""

    def __init__(self) -> None:
        self.files: Files = sample.small()
        sample.record(self.files, PLACES, "ash-river")["coordinate"] = POINT  # so that it may take over a location
        self._made = 0
        self._names: dict[str, str] = {}
        """Names that records had in the last release that had them."""

        self._restored: set[str] = set()
        """Ids of records that come back with the next release, under the names that they had."""

        self.redacted: set[str] = set()
        """Ids of records of which something was redacted."""

        self.hidden: set[str] = set()
        """Those that were replaced, or will be by the next release."""

    def take(self, step: str, first: int, second: int) -> None:
        {**STEPS, **REDACTING_STEPS}[step](self, first, second)

    def add_place(self, first: int, second: int) -> None:
        parents = [{"id": "ash-county"}] if first % 2 else []
        self.files[PLACES].append(_place(self._new("place"), parents))

    def add_person(self, first: int, second: int) -> None:
        affiliation = [{"id": _pick(self._there(ORGANIZATIONS), first)["id"]}]
        self.files[PEOPLE].append({**_person(self._new("person")), "organizations": affiliation})

    def add_organization(self, first: int, second: int) -> None:
        self.files[ORGANIZATIONS].append(_organization(self._new("organization")))

    def add_incident(self, first: int, second: int) -> None:
        place = _pick(self._there(PLACES), first)["id"]
        actor = _pick(self._there(PEOPLE) + self._there(ORGANIZATIONS), second)["id"]
        parents = [incident["id"] for incident in self._there(INCIDENTS) if "parent" not in incident]
        made = _incident(self._new("incident"), place, actor)
        if first % 3 == 0 and parents:
            made["parent"] = _pick(parents, second)
        if second % 3 == 0 and (others := self._there(INCIDENTS)):
            made["related"] = [_pick(others, first)["id"]]
        made["casualties"] = [_claim(self._new("claim"), second)]
        self.files[INCIDENTS].append(made)

    def add_claim(self, first: int, second: int) -> None:
        if incidents := self._there(INCIDENTS):
            _pick(incidents, first).setdefault("casualties", []).append(_claim(self._new("claim"), second))

    def rename(self, first: int, second: int) -> None:
        """Names and titles stand in the documents of others too."""
        named = self._there(PLACES, PEOPLE, ORGANIZATIONS, INCIDENTS)
        actual = _pick([one for one in named if one["id"] not in self._restored], first)
        key = _name_key(actual)
        actual[key] = f"{actual[key].partition(',')[0]}, renamed {second}"

    def note(self, first: int, second: int) -> None:
        _pick(self._there(*FILES), first)["note"] = f"Note é 😀 {second}"

    def recount(self, first: int, second: int) -> None:
        if claims := list(self._claims()):
            _pick(claims, first).update(low=str(second), high=str(second + 1))

    def withdraw_claim(self, first: int, second: int) -> None:
        if claims := list(self._claims()):
            _withdraw(_pick(claims, first), "Not a claim")

    def remove(self, first: int, second: int) -> None:
        if movable := self._movable():
            gone = _pick(movable, first)
            self._forget(gone["id"])
            _withdraw(gone, f"Removed {second}")

    def merge(self, first: int, second: int) -> None:
        file = _pick([PLACES, PEOPLE, ORGANIZATIONS, INCIDENTS], first)
        movable = [entry for entry in self._there(file) if entry["id"] not in FIXED]
        if not movable:
            return
        gone = _pick(movable, second)
        heirs = [entry for entry in self._there(file) if entry is not gone]
        if heirs:
            heir = _pick(heirs, first + second)
            self._rewrite(gone["id"], heir)
            _withdraw(gone, "The same", heir["id"])

    def restore(self, first: int, second: int) -> None:
        """A removed place or person comes back under the name that it had in the last release that had it: an id is
        never reused for another. Those that were merged are left alone."""
        for file, make, key in ((PLACES, _place, "name"), (PEOPLE, _person, "label")):
            gone = [entry for entry in self.files[file] if "removed" in entry]
            if gone := [one for one in gone if {"successor", "redact"}.isdisjoint(one["removed"])]:
                back = _pick(gone, first)
                id_ = back["id"]
                back.clear()
                back.update({**make(id_), key: self._names.get(id_, id_)})
                self._restored.add(id_)
                return

    def explain(self, first: int, second: int) -> None:
        """The reason of a removal is told differently."""
        if gone := [entry for file in FILES for entry in self.files[file] if "removed" in entry]:
            _pick(gone, first)["removed"]["reason"] = f"Explained {second}"

    def redact(self, first: int, second: int) -> None:
        """A record, or one that was removed before, is forgotten whole, and perhaps with its id."""
        known = [*self._movable(), *(one for file in (PLACES, PEOPLE, INCIDENTS) for one in self.files[file])]
        known = [one for one in known if one["id"] not in {*FIXED, *SAID, *self.redacted}]
        known = [one for one in known if "successor" not in one.get("removed", {})]
        if not known:
            return
        gone = _pick(known, first)
        claims = [claim["id"] for claim in gone.get("casualties", [])]
        self._forget(gone["id"])
        _withdraw(gone, f"Forgotten {second}")
        gone["removed"] |= {"redact": "true", **({"id": "true"} if second % 2 else {})}
        self.redacted |= {gone["id"], *claims}
        self.hidden |= {gone["id"], *claims} if second % 2 else set()

    def redact_name(self, first: int, second: int) -> None:
        """A record that stays loses the names that it had, and perhaps its id."""
        kept = {*FIXED, *SAID, *self.redacted, *self._restored}
        named = [one for one in self._there(PLACES, PEOPLE, INCIDENTS) if one["id"] not in kept]
        if not named:
            return
        actual = _pick(named, first)
        key = _name_key(actual)
        actual[key] = f"Nobody {self._new('nobody')}"
        actual["redacted"] = {"fields": [f"/{key}"], "reason": f"Forgotten {second}"}
        self.redacted.add(actual["id"])
        if second % 2:
            actual["redacted"]["id"] = "true"
            self.hidden.add(actual["id"])

    def published(self, ids: dict[tuple[str, str], str]) -> None:
        """The dossier was loaded, and `ids` were given to records in place of those that were redacted."""
        self._take_over(ids)
        for file in (PLACES, PEOPLE):
            self._names |= {one["id"]: str(one[_name_key(one)]) for one in self._there(file)}
        self._restored.clear()

    def _take_over(self, ids: dict[tuple[str, str], str]) -> None:
        """Writes the ids that a load gave to records that stay in place of the old ones."""
        staying = {one["id"] for one in self._there(*FILES)}
        for (_, old), new in ids.items():
            if old in staying:
                for entry in _objects(self.files):
                    for key, value in list(entry.items()):
                        if value == old:
                            entry[key] = new
                        elif isinstance(value, list):
                            entry[key] = [new if item == old else item for item in value]
                    if entry.get("id") == new and "redacted" in entry:
                        del entry["redacted"]["id"]
                self.redacted.add(new)

    def _new(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"

    def _there(self, *files: str) -> list[Json]:
        return [entry for file in files for entry in self.files[file] if "removed" not in entry]

    def _movable(self) -> list[Json]:
        actual = self._there(PLACES, PEOPLE, INCIDENTS, STATEMENTS)
        return [record for record in actual if record["id"] not in FIXED]

    def _claims(self) -> Iterator[Json]:
        for incident in self._there(INCIDENTS):
            yield from (claim for claim in incident.get("casualties", []) if "removed" not in claim)

    def _forget(self, id_: str) -> None:
        """Takes out every reference to a record."""
        for entry in _objects(self.files):
            for key, value in list(entry.items()):
                if key != "id" and value == id_:
                    del entry[key]
                elif isinstance(value, list):
                    entry[key] = [item for item in value if item != id_ and not _refers(item, id_)]

    def _rewrite(self, gone: str, heir: Json) -> None:
        """Turns every reference to a record into one to its heir, once each and never from the heir to itself."""
        for entry in _objects(self.files):
            for key, value in list(entry.items()):
                if key != "id" and value == gone:
                    entry[key] = heir["id"]
                elif isinstance(value, list):
                    entry[key] = _once([_turned(item, gone, heir["id"]) for item in value])
        heir.pop("parent", None)
        for key in ("parents", "related"):
            heir[key] = [item for item in heir.get(key, []) if item != heir["id"] and not _refers(item, heir["id"])]
            if not heir[key]:
                del heir[key]


Step = Callable[[Desk, int, int], None]
STEPS: dict[str, Step] = {
    step.__name__: step
    for step in (
        Desk.add_place,
        Desk.add_person,
        Desk.add_organization,
        Desk.add_incident,
        Desk.add_claim,
        Desk.rename,
        Desk.note,
        Desk.recount,
        Desk.withdraw_claim,
        Desk.remove,
        Desk.merge,
        Desk.restore,
        Desk.explain,
    )
}


REDACTING_STEPS: dict[str, Step] = {step.__name__: step for step in (Desk.redact, Desk.redact_name)}


def _place(id_: str, parents: list[Json] | None = None) -> Json:
    return {
        "id": id_,
        "name": id_,
        "named": "true",
        "kind": "village",
        "parents": parents or [],
        "coordinate": POINT,
        "evidence": [proof("name", "near Orsa", shared=True)],
    }


def _person(id_: str) -> Json:
    return {
        "id": id_,
        "label": id_,
        "roles": ["witness"],
        "life_status": "not_stated",
        "anonymity": "unnamed",
        "evidence": [proof("name", "two passengers", shared=True)],
    }


def _organization(id_: str) -> Json:
    parents = [{"id": "river-guards"}]
    evidence = [proof("name", "river guards", shared=True)]
    return {"id": id_, "name": id_, "kind": "police", "parents": parents, "evidence": evidence}


def _incident(id_: str, place: str, actor: str) -> Json:
    return {
        "id": id_,
        "title": id_,
        "summary": "Something happened.",
        "kind": "ground_fire",
        "granularity": "event",
        "places": [{"id": place, "role": "scene", "certainty": "stated"}],
        "actors": [{"id": actor, "role": "witness", "certainty": "stated"}],
        "evidence": [proof("what", "fired on a ferry")],
    }


def _claim(id_: str, low: int) -> Json:
    return {
        "id": id_,
        "group": "civilian",
        "outcome": "killed",
        "low": str(low),
        "basis": "stated",
        "counted": "false",
        "note": "Told once more",
        "evidence": [proof("count", "two passengers died")],
    }


def _withdraw(record: Json, reason: str, successor: str | None = None) -> None:
    id_ = record["id"]
    record.clear()
    record.update(id=id_, removed={"reason": reason, **({"successor": successor} if successor else {})})


def _name_key(record: Json) -> str:
    return next(key for key in ("name", "label", "title") if key in record)


def _pick(choices: list[Any], number: int) -> Any:
    return choices[number % len(choices)]


def _objects(value: Any) -> Iterator[Json]:
    """Every object in a value, the inner ones too."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


def _is_record(item: Json) -> bool:
    return "evidence" in item or "removed" in item


def _refers(item: Any, id_: str) -> bool:
    return isinstance(item, dict) and item.get("id") == id_ and not _is_record(item)


def _turned(item: Any, gone: str, heir: str) -> Any:
    return heir if item == gone else {**item, "id": heir} if _refers(item, gone) else item


def _once(items: list[Any]) -> list[Any]:
    """Without what would then stand twice: the same id in the same role."""
    collected: dict[Any, Any] = {}
    for position, item in enumerate(items):
        link = isinstance(item, dict) and "id" in item and not _is_record(item)
        key = (item["id"], item.get("role")) if link else item if isinstance(item, str) else position
        collected.setdefault(key, item)
    return list(collected.values())
