"""Sums made anew from exported claims, by the published rule, for random archives: several claims about the same
people, parts of claims, harms that include others. The rule in `tests.sums` shares nothing with the service."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.counts import archives
from app.ingest.release import release_writing
from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.dam import claim, dossier, incident
from tests.sums import WHOSE, Claims, Row, key

pytestmark = pytest.mark.heavy

Json = dict[str, Any]

GROUPS = ("civilian", "police", "contractor")
PARTIES = ("civil-protection", "parish", "miners-union", "clinic")
OUTCOMES = ("killed", "wounded")
BASES = ("stated", "claimed", "contested")
INCIDENTS = 24


def archive(seed: int) -> list[Json]:
    """Incidents with random claims. Those of later ones may be included in those of earlier ones."""
    chance = random.Random(seed)
    incidents: list[Json] = []
    harms: list[tuple[str, str, Json]] = []
    for number in range(INCIDENTS):
        id_ = f"incident-{number:02d}"
        claims: list[Json] = []
        for outcome in OUTCOMES:
            for harm in range(chance.choice((0, 1, 1, 2))):
                name = f"{outcome}-{harm}"
                some = [told(chance, f"{id_}-{name}-{n}", outcome, name) for n in range(chance.choice((1, 1, 2, 3)))]
                if (numbered := [one for one in some if "low" in one or "high" in one]) and chance.random() < 0.4:
                    giving = chance.choice(numbered)
                    giving |= {"best": str(chance.randint(*bounds(giving))), "note": "Why."}
                fits_in_none = [other for other in harms if other[1] == outcome and chance.random() < 0.12]
                for outer, _, first in fits_in_none:
                    if not outer.startswith(id_):
                        first.setdefault(chance.choice(("includes", "may_include")), []).append(f"{id_}/{name}")
                harms.append((f"{id_}/{name}", outcome, some[0]))
                for one in list(some):
                    if chance.random() < 0.4:
                        some += parts(chance, one)
                claims += some
        if chance.random() < 0.3:
            claims.append(claim(f"{id_}-rumour", low="70", high="70", counted="false", note="A rumour."))
        changes = {"date": {"edtf": f"202{number % 3}-0{1 + number % 4}"}} if number % 5 else {}
        incidents.append(incident(id_, *claims, kind=chance.choice(("explosion", "threat")), **changes))
    return incidents


def told(chance: random.Random, id_: str, outcome: str, harm: str) -> Json:
    number = chance.randint(0, 20)
    figures = chance.choice(
        (
            {"low": str(number), "high": str(number)},
            {"low": str(number), "high": str(number + chance.randint(0, 9))},
            {"low": str(number)},
            {"high": str(number)},
            {},
        )
    )
    return claim(id_, outcome, harm=harm, **figures, **whose(chance), **said(chance))


def whose(chance: random.Random) -> Json:
    organization = {"organization": chance.choice(PARTIES)} if chance.random() < 0.3 else {}
    return {"group": chance.choice(GROUPS), **organization}


def said(chance: random.Random) -> Json:
    claimant = {"claimed_by": chance.choice(PARTIES)} if chance.random() < 0.6 else {}
    return {"basis": chance.choice(BASES), **claimant}


def bounds(one: Json) -> tuple[int, int]:
    low = int(one.get("low", 0))
    return low, int(one["high"]) if "high" in one else low + 9


def parts(chance: random.Random, whole: Json, depth: int = 0) -> Iterator[Json]:
    """Parts whose lows fit into the whole's high."""
    left = bounds(whole)[1] if "high" in whole else 30
    for number in range(chance.choice((1, 2))):
        low = chance.randint(0, left)
        left -= low
        figures = chance.choice(
            ({"low": str(low), "high": str(low)}, {"low": str(low), "high": str(low + 3)}, {"low": str(low)})
        )
        fields = {**figures, **whose(chance), **said(chance)}
        part = claim(f"{whole['id']}-{number}", whole["outcome"], part_of=whole["id"], **fields)
        yield part
        if depth < 1 and chance.random() < 0.3:
            yield from parts(chance, part, depth + 1)


@pytest.fixture(scope="module", params=[(0, "in SQL"), (1, "in SQL"), (1, "in arrays"), (2, "in arrays")], ids=str)
def desk(
    request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, list[Json], list[Json]]]:
    """A service with an archive, its exported claims, and its incidents."""
    (seed, how), url = request.param, new_database()
    with pytest.MonkeyPatch.context() as patch:
        if how == "in arrays":
            patch.setattr(archives, "MIN_RECORDS", 0)
            patch.setattr(release_writing, "MIN_RECORDS", 0)
        yield from _served(url, sample.write(dossier(*archive(seed)), tmp_path_factory.mktemp("anew")))


def _served(url: str, folder: Path) -> Iterator[tuple[TestClient, list[Json], list[Json]]]:
    load_seed(url, folder)
    with serving(url) as client:
        claims = [json.loads(line) for line in client.get("/v1/casualties.ndjson").text.splitlines()]
        incidents = [json.loads(line) for line in client.get("/v1/incidents.ndjson").text.splitlines()]
        yield client, claims, incidents


def identity(reference: Json | None) -> str | None:
    return reference["id"] if reference else None


VALUES: dict[str, Callable[[Json, Json], Iterable[str | None]]] = {
    "outcome": lambda one, its: [one["outcome"]],
    "group": lambda one, its: [one["group"]],
    "organization": lambda one, its: [identity(one["organization"])],
    "basis": lambda one, its: [one["basis"]],
    "claimed_by": lambda one, its: [identity(one["claimed_by"])],
    "incident": lambda one, its: [its["id"]],
    "kind": lambda one, its: [its["kind"]],
    "month": lambda one, its: [its["date"]["edtf"] if its["date"] else None],
}

FILTERS: dict[str, Callable[[Json, Json], bool]] = {
    "": lambda one, its: True,
    "group=police": lambda one, its: one["group"] == "police",
    "group=police&group=civilian": lambda one, its: one["group"] != "contractor",
    "organization=parish": lambda one, its: identity(one["organization"]) == "parish",
    "basis=claimed": lambda one, its: one["basis"] == "claimed",
    "basis=stated&basis=claimed": lambda one, its: one["basis"] != "contested",
    "claimed_by=clinic": lambda one, its: identity(one["claimed_by"]) == "clinic",
    "attributed=false": lambda one, its: one["claimed_by"] is None,
    "kind=threat": lambda one, its: its["kind"] == "threat",
    "killed_at_least=5": lambda one, its: one["outcome"] == "killed" and (one["low"] or 0) >= 5,
    "incident=incident-00&incident=incident-07&incident=incident-13&incident=incident-21": lambda one, its: (
        int(its["id"][-2:]) in (0, 7, 13, 21)
    ),
}

ASKED = [(), *((name,) for name in VALUES if name != "outcome"), ("group", "claimed_by"), ("organization", "month")]


def rows_of(claim: Json, incidents: dict[str, Json], keys: tuple[str, ...]) -> list[Row]:
    """The rows that a claim stands in; `incidents` are those of claims, by the id of the claim."""

    def values(name: str) -> list[str | None]:
        if name in WHOSE and claim["counted"] and claim["harm"]["split"]:
            return ["not_split"]
        if name in WHOSE and claim["counted"] and name in claim["harm"]["mixed"]:
            return ["mixed"]
        return list(VALUES[name](claim, incidents[claim["id"]]))

    return list(product(*map(values, keys)))


@pytest.mark.parametrize("keys", ASKED, ids=",".join)
def test_sums_are_those_of_the_published_rule(
    desk: tuple[TestClient, list[Json], list[Json]], keys: tuple[str, ...]
) -> None:
    client, claims, incidents = desk
    by_id = {one["id"]: one for one in incidents}
    asked = (*keys, "outcome")
    for query, chooses in FILTERS.items():
        its = {one["id"]: by_id[one["incident"]["id"]] for one in claims}
        chosen = [one for one in claims if chooses(one, its[one["id"]])]
        expected = Claims(claims, chosen).rows(
            partial(rows_of, incidents=its, keys=asked),
            split=not WHOSE.isdisjoint(keys),
        )
        answer = body(client, f"/v1/casualties/summary?limit=500&group_by={','.join(asked)}&{query}")["data"]["rows"]
        assert {told_row(row, asked): told_sum(row) for row in answer if row["claims"]["counted"]} == expected, query


def told_row(row: Json, keys: tuple[str, ...]) -> Row:
    return tuple(row["by"][name]["value"] for name in keys)


def told_sum(row: Json) -> Json:
    names = ("low", "high", "best", "harms", "in_dispute", "open", "incidents")
    counts = {name: row["claims"][name] for name in ("counted", "left_out")}
    return {name: row[name] for name in names} | counts


def test_totals_of_incidents_are_those_of_the_published_rule(
    desk: tuple[TestClient, list[Json], list[Json]],
) -> None:
    _, claims, incidents = desk
    for its in incidents:
        own = [one for one in claims if one["incident"]["id"] == its["id"]]
        expected = Claims(claims, own).rows(lambda one: [(one["outcome"],)], split=False)
        told = {(name,): total for name, total in its["totals"].items() if total}
        assert told.keys() == expected.keys()
        for row, total in told.items():
            assert {name: total[name] for name in ("low", "high", "best", "in_dispute")} == {
                name: expected[row][name] for name in ("low", "high", "best", "in_dispute")
            }, (its["id"], row)


def test_harms_are_what_their_claims_say(desk: tuple[TestClient, list[Json], list[Json]]) -> None:
    """Each harm stands in its incident and beside each of its claims with the same figure."""
    _, claims, incidents = desk
    told = {f"{one['id']}/{harm['id']}": harm for one in incidents for harm in one["harms"]}
    assert told.keys() == {key(one) for one in claims if one["counted"]}
    for one in claims:
        if one["counted"]:
            harm = told[key(one)]
            assert {name: harm[name] for name in one["harm"] if name in harm and name != "mixed"} == {
                name: value for name, value in one["harm"].items() if name in harm and name != "mixed"
            }
            assert harm["claims"] == sum(key(other) == key(one) for other in claims if other["counted"])


def test_the_archives_hold_what_they_are_for(desk: tuple[TestClient, list[Json], list[Json]]) -> None:
    _, claims, _ = desk
    counted = [one for one in claims if one["counted"]]
    assert sum(one["harm"]["claims"] > 1 for one in counted) > 20
    assert sum(one["part_of"] is not None for one in counted) > 10
    assert any(one["harm"]["includes"] for one in counted)
    assert any(one["harm"]["may_include"] for one in counted)
