"""Every filter of every resource: values of one parameter are alternatives, parameters narrow each other."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.queries.derived_filters import NOT
from app.records import RECORD_TYPES
from app.search.folding import fold
from tests import every_fifth, extended_sample, sample
from tests.answers import body, ids, problem, refused
from tests.conftest import NewDatabase, load_seed, serving

PAGING = {"limit", "cursor", "sort", "count", "fields", "include", "lang", "release"}
"""The parameters that choose no records; they have tests of their own."""

LAMP = "lamp-displaced lamp-removed lamp-casualties"

CASES = [
    # Shared by all lists.
    ("/v1/articles?q=LAMP", "berg-lamp-2022"),
    ("/v1/articles?article=lind-ash-river", "lind-ash-river"),
    ("/v1/articles?changed_since=1", ""),
    # SQLAlchemy 2.1.9 writes a COLLATE into BETWEEN that PostgreSQL refuses (`b_expr` in its gram.y).
    ("/v1/articles?datetime=2021", "lind-ash-river"),
    ("/v1/incidents?q=mïll", "mill-search"),
    ("/v1/incidents?q=guards fire on a ferry", "ferry-shooting"),
    ("/v1/incidents?article=berg-lamp-2022", "lamp-out"),
    ("/v1/incidents?article=berg-lamp-2022&article=lind-ash-river", "lamp-out ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?changed_since=0", "lamp-out ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?changed_since=1", ""),
    ("/v1/places?q=örsa", "orsa"),
    ("/v1/places?q=sk*", "skarn"),
    ("/v1/places?q=orsa+-ash", "orsa"),
    ('/v1/places?q="river+ash"', ""),
    ("/v1/places?q=h_r", ""),
    ("/v1/places?article=berg-lamp-2022", "skarn"),
    ("/v1/places?changed_since=0&q=skarn", "skarn"),
    ("/v1/people?q=Bergh", "jon-berg"),
    ("/v1/people?q=the+miller", "miller"),
    ("/v1/people?article=lind-ash-river&named=true", "ida-falk jon-berg"),
    ("/v1/people?changed_since=1", ""),
    ("/v1/organizations?q=PATROL", "night-patrol"),
    ("/v1/organizations?article=lind-ash-river", "night-patrol river-guards"),
    ("/v1/organizations?changed_since=1", ""),
    ("/v1/quotes?q=nobody called", "berg-no-warning"),
    ("/v1/quotes?article=berg-lamp-2022", ""),
    ("/v1/quotes?changed_since=1", ""),
    ("/v1/statements?q=no longer safe", "falk-river-unsafe"),
    ("/v1/statements?article=lind-ash-river", "guards-deny-firing falk-river-unsafe"),
    ("/v1/statements?changed_since=1", ""),
    ("/v1/casualties?q=rumour", "mill-rumour"),
    ("/v1/casualties?q=ferry", "ferry-dead ferry-wounded"),
    ("/v1/casualties?article=berg-lamp-2022", f"rangers-taken {LAMP}"),
    ("/v1/casualties?changed_since=1", ""),
    # By the ids of other registers.
    ("/v1/places?same_as=wikidata:Q100001", "orsa"),
    ("/v1/places?same_as=geonames:100002&same_as=osm:relation/100003", "ash-county orsa"),
    ("/v1/places?same_as=geonames:100002&kind=province", ""),
    ("/v1/places?same_as=wikidata:Q100004", ""),
    ("/v1/organizations?same_as=ucdp:100005", "night-patrol"),
    ("/v1/organizations?same_as=viaf:100006", ""),
    ("/v1/people?same_as=viaf:100006", "ida-falk"),
    ("/v1/incidents?same_as=wikidata:Q100001", "mill-search"),
    ("/v1/incidents?same_as=acled:ASH100008", "ferry-shooting"),
    ("/v1/casualties?same_as=wikidata:Q100001", "mill-rumour miller-held"),
    # Through documents, and these themselves.
    ("/v1/casualties?document=guards-mail", "mill-rumour"),
    ("/v1/statements?document=guards-mail", "guards-deny-firing"),
    ("/v1/statements?document=ferry-list", ""),
    ("/v1/quotes?document=ferry-list&document=guards-mail", "guard-turn-back"),
    ("/v1/documents?kind=email", "guards-mail"),
    ("/v1/documents?author=jon-berg", "ferry-list"),
    ("/v1/documents?q=board", "ferry-list"),
    ("/v1/documents?q=guards", "guards-mail"),
    ("/v1/documents?article=berg-lamp-2022", "ferry-list"),
    ("/v1/documents?changed_since=0", "ferry-list guards-mail"),
    ("/v1/statements?q=mail paper", "guards-deny-firing"),
    # What happened, and when.
    ("/v1/incidents?kind=abduction", "lamp-out"),
    ("/v1/incidents?kind=abduction&kind=detention", "lamp-out mill-search"),
    ("/v1/incidents?kind=abduction&kind=detention&granularity=series", "lamp-out"),
    ("/v1/incidents?granularity=event", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?datetime=2021", "ferry-shooting mill-search"),
    ("/v1/incidents?datetime=2021-03-31", "ferry-shooting"),
    ("/v1/incidents?datetime=2021-03-31&date_match=overlaps", "ferry-shooting"),
    ("/v1/incidents?datetime=2021-03-31&date_match=within", ""),
    ("/v1/incidents?datetime=2021-03&date_match=within", "ferry-shooting"),
    ("/v1/incidents?datetime=2021-03-31/2021-06-04", "ferry-shooting mill-search"),
    ("/v1/incidents?datetime=2021-03-31/2021-06-04&date_match=within", "mill-search"),
    ("/v1/incidents?datetime=../2021-03-01", "ferry-shooting"),
    ("/v1/incidents?datetime=../2021-03-30&date_match=within", ""),
    ("/v1/incidents?datetime=2021-06-05/..", "lamp-out"),
    ("/v1/incidents?datetime=2021-02", ""),
    # Where.
    ("/v1/incidents?place=orsa", "ferry-shooting mill-search"),
    ("/v1/incidents?place=ash-county", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?place=ash-county&place_basis=any", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?place=ash-county&place_basis=stated", "ferry-shooting mill-search"),
    ("/v1/incidents?place=ash-river", "ferry-shooting boat-stopped"),
    ("/v1/incidents?place=ash-river&place_role=home_area", "mill-search"),
    ("/v1/incidents?place=ash-river&place_role=home_area&place_role=scene", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?place=skarn", ""),
    ("/v1/incidents?place=skarn&place_role=context", "lamp-out"),
    ("/v1/incidents?place=ash-river&place=orsa", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?place_role=context", "lamp-out"),
    ("/v1/incidents?place=ash-river&place_certainty=stated", "boat-stopped"),
    ("/v1/incidents?place=ash-river&place_certainty=inferred&place_certainty=claimed", "ferry-shooting"),
    ("/v1/incidents?place=ash-river&place_role=home_area&place_certainty=stated", "mill-search"),
    ("/v1/incidents?place_certainty=inferred", "ferry-shooting"),
    ("/v1/incidents?place_certainty=stated", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?place_certainty=stated&place_role=context", "lamp-out"),
    ("/v1/incidents?bbox=14,60,15,61", "ferry-shooting mill-search"),
    ("/v1/incidents?bbox=15,60,16,61", ""),
    ("/v1/incidents?near=14.6,60.9", "ferry-shooting mill-search"),
    ("/v1/incidents?near=14.6,61.9&radius_km=100", ""),
    ("/v1/incidents?near=14.6,61.9&radius_km=112", "ferry-shooting mill-search"),
    ("/v1/incidents?near=14.6,60.9&radius_km=1&location_match=certain", ""),
    ("/v1/incidents?has_location=true", "ferry-shooting mill-search"),
    ("/v1/incidents?has_location=false", "lamp-out boat-stopped"),
    # Who, and with what harm.
    ("/v1/incidents?actor=night-patrol", "boat-stopped"),
    ("/v1/incidents?actor=river-guards", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?actor=river-guards&actor=miller", "ferry-shooting mill-search boat-stopped"),
    ("/v1/incidents?actor=jon-berg", "ferry-shooting"),
    ("/v1/incidents?actor=jon-berg&actor_role=perpetrator", ""),
    ("/v1/incidents?actor_role=victim", "mill-search"),
    ("/v1/incidents?actor=river-guards&actor_certainty=stated", "ferry-shooting mill-search"),
    ("/v1/incidents?actor=river-guards&actor_certainty=inferred", "boat-stopped"),
    ("/v1/incidents?actor_certainty=inferred", "boat-stopped"),
    ("/v1/incidents?actor_role=perpetrator&actor_certainty=stated", "ferry-shooting mill-search"),
    ("/v1/incidents?actor_certainty=claimed&actor_certainty=contested", ""),
    ("/v1/incidents?actor_role=victim&actor_role=target", "mill-search boat-stopped"),
    ("/v1/incidents?contested=true", "ferry-shooting"),
    ("/v1/incidents?contested=false", "lamp-out mill-search boat-stopped"),
    ("/v1/incidents?parent=ferry-shooting", "mill-search"),
    ("/v1/incidents?any_harm=certain", "ferry-shooting mill-search lamp-out"),
    ("/v1/incidents?any_harm=possible&kind=abduction", "lamp-out"),
    ("/v1/incidents?killed_at_least=2", "ferry-shooting"),
    ("/v1/incidents?killed_at_least=3", ""),
    ("/v1/incidents?killed_possibly=2", "ferry-shooting"),
    ("/v1/incidents?killed_possibly=3", ""),
    ("/v1/incidents?wounded_at_least=3", "ferry-shooting"),
    ("/v1/incidents?wounded_at_least=4", ""),
    ("/v1/incidents?wounded_possibly=1000", "ferry-shooting"),
    ("/v1/incidents?detained_at_least=1", "mill-search"),
    ("/v1/incidents?detained_possibly=2", ""),
    ("/v1/incidents?abducted_at_least=0", "lamp-out"),
    ("/v1/incidents?abducted_at_least=1", ""),
    ("/v1/incidents?abducted_possibly=4", "lamp-out"),
    ("/v1/incidents?abducted_possibly=5", ""),
    ("/v1/incidents?displaced_at_least=5", "lamp-out"),
    ("/v1/incidents?displaced_at_least=6", ""),
    ("/v1/incidents?displaced_possibly=999", "lamp-out"),
    ("/v1/incidents?removed_at_least=2", ""),
    ("/v1/incidents?removed_possibly=3", "lamp-out"),
    ("/v1/incidents?removed_possibly=4", ""),
    ("/v1/incidents?casualties_at_least=0", "lamp-out"),
    ("/v1/incidents?casualties_at_least=1", ""),
    ("/v1/incidents?casualties_possibly=9", "lamp-out"),
    ("/v1/incidents?casualties_possibly=9&removed_at_least=1", "lamp-out"),
    # Claims: by their incident, and by what they say.
    ("/v1/casualties?kind=detention", "miller-held mill-rumour"),
    ("/v1/casualties?granularity=series", f"rangers-taken {LAMP}"),
    ("/v1/casualties?datetime=2021-03", "ferry-dead ferry-wounded"),
    ("/v1/casualties?datetime=2021-03-05&date_match=within", ""),
    ("/v1/casualties?place=ash-county&place_basis=stated", "ferry-dead ferry-wounded miller-held mill-rumour"),
    ("/v1/casualties?place=ash-river&place_role=home_area", "miller-held mill-rumour"),
    ("/v1/casualties?actor=jon-berg&actor_role=witness", "ferry-dead ferry-wounded"),
    ("/v1/casualties?bbox=14,60,15,61&location_match=certain", "ferry-dead ferry-wounded miller-held mill-rumour"),
    ("/v1/casualties?near=14.6,60.9&radius_km=5", "ferry-dead ferry-wounded miller-held mill-rumour"),
    ("/v1/casualties?place=ash-river&place_certainty=inferred", "ferry-dead ferry-wounded"),
    ("/v1/casualties?actor_certainty=stated&kind=detention", "miller-held mill-rumour"),
    ("/v1/casualties?has_location=false", f"rangers-taken {LAMP}"),
    ("/v1/casualties?contested=true", "ferry-dead ferry-wounded"),
    ("/v1/casualties?parent=ferry-shooting", "miller-held mill-rumour"),
    # By what the claim itself says, not by the sum of its incident.
    ("/v1/casualties?any_harm=certain&kind=abduction", "lamp-displaced lamp-removed"),
    ("/v1/casualties?any_harm=possible&kind=abduction", f"rangers-taken {LAMP}"),
    ("/v1/casualties?killed_at_least=1", "ferry-dead mill-rumour"),
    ("/v1/casualties?killed_at_least=2", "ferry-dead"),
    ("/v1/casualties?killed_possibly=1", "ferry-dead mill-rumour"),
    ("/v1/casualties?wounded_at_least=1", "ferry-wounded"),
    ("/v1/casualties?wounded_possibly=9", "ferry-wounded"),
    ("/v1/casualties?detained_at_least=1", "miller-held"),
    ("/v1/casualties?detained_possibly=2", ""),
    ("/v1/casualties?abducted_at_least=0", "rangers-taken"),
    ("/v1/casualties?abducted_at_least=1", ""),
    ("/v1/casualties?abducted_possibly=4", "rangers-taken"),
    ("/v1/casualties?displaced_at_least=5", "lamp-displaced"),
    ("/v1/casualties?displaced_possibly=999", "lamp-displaced"),
    ("/v1/casualties?removed_at_least=2", ""),
    ("/v1/casualties?removed_possibly=3", "lamp-removed"),
    ("/v1/casualties?casualties_at_least=0", ""),
    ("/v1/casualties?casualties_possibly=9", "lamp-casualties"),
    ("/v1/casualties?killed_at_least=1&wounded_at_least=1", ""),
    ("/v1/casualties?organization=night-patrol", "mill-rumour"),
    ("/v1/casualties?organization=river-guards", "mill-rumour"),
    ("/v1/casualties?person=miller", "miller-held"),
    ("/v1/casualties?person=jon-berg&person=miller", "miller-held"),
    ("/v1/casualties?person=guard", ""),
    ("/v1/casualties?group=civilian", "ferry-dead ferry-wounded miller-held"),
    ("/v1/casualties?outcome=killed", "ferry-dead mill-rumour"),
    ("/v1/casualties?outcome=killed&outcome=wounded&group=civilian", "ferry-dead ferry-wounded"),
    ("/v1/casualties?basis=claimed&basis=reported", "ferry-wounded mill-rumour"),
    ("/v1/casualties?claimed_by=ida-falk", "ferry-wounded"),
    ("/v1/casualties?claimed_by=guard", "mill-rumour"),
    ("/v1/casualties?attributed=true", "ferry-wounded mill-rumour"),
    ("/v1/casualties?attributed=false&outcome=killed", "ferry-dead"),
    ("/v1/casualties?counted=false", "mill-rumour"),
    ("/v1/casualties?counted=true&outcome=killed", "ferry-dead"),
    ("/v1/casualties?incident=mill-search&incident=lamp-out", f"miller-held mill-rumour rangers-taken {LAMP}"),
    ("/v1/casualties?incident=ferry-shooting", "ferry-dead ferry-wounded miller-held mill-rumour"),
    # Places.
    ("/v1/places?kind=river&kind=province", "ash-river ash-county"),
    ("/v1/places?within=ash-county", "ash-river orsa"),
    ("/v1/places?within=ash-county&place_basis=stated", "orsa"),
    ("/v1/places?within=ash-county&within=orsa", "ash-river"),
    ("/v1/places?bbox=14.5,60.8,14.7,61", "ash-county orsa"),
    ("/v1/places?bbox=14.5,60.8,14.7,61&location_match=certain", "orsa"),
    ("/v1/places?near=14.6,60.9&radius_km=4&location_match=possible", "orsa"),
    ("/v1/places?has_location=false", "ash-river skarn"),
    # People and organizations.
    ("/v1/people?role=victim&role=witness", "jon-berg miller"),
    ("/v1/people?named=false", "guard miller"),
    ("/v1/people?anonymity=unnamed", "guard miller"),
    ("/v1/people?anonymity=collective", ""),
    ("/v1/people?organization=night-patrol", "guard"),
    ("/v1/people?organization=river-guards", "guard"),
    ("/v1/people?incident=ferry-shooting", "jon-berg miller"),
    ("/v1/people?incident=mill-search", "miller"),
    ("/v1/people?incident=mill-search&incident=ferry-shooting", "jon-berg miller"),
    ("/v1/people?life_status=not_stated", "guard miller"),
    ("/v1/people?life_status=alive&life_status=dead", "ida-falk jon-berg"),
    ("/v1/organizations?kind=police", "night-patrol river-guards"),
    ("/v1/organizations?kind=militia", ""),
    ("/v1/organizations?within=river-guards", "night-patrol"),
    ("/v1/organizations?incident=ferry-shooting", "river-guards"),
    ("/v1/organizations?incident=boat-stopped&incident=mill-search", "night-patrol river-guards"),
    # Who says what.
    ("/v1/quotes?speaker=jon-berg&speaker=guard", "berg-no-warning guard-turn-back"),
    ("/v1/quotes?kind=partial", "guard-turn-back"),
    ("/v1/quotes?anonymity=unnamed", "guard-turn-back"),
    ("/v1/quotes?named=true", "berg-no-warning"),
    ("/v1/quotes?named=false", "guard-turn-back"),
    ("/v1/quotes?organization=river-guards", "guard-turn-back"),
    ("/v1/quotes?incident=ferry-shooting", "berg-no-warning"),
    ("/v1/quotes?place=ash-county", "berg-no-warning guard-turn-back"),
    ("/v1/quotes?datetime=2021-03-15", "berg-no-warning"),
    ("/v1/quotes?datetime=2021-03-15&date_match=within", ""),
    ("/v1/statements?stance=denies", "guards-deny-firing"),
    ("/v1/statements?topic=security_trend", "falk-river-unsafe"),
    ("/v1/statements?by=river-guards", "guards-deny-firing"),
    ("/v1/statements?organization=river-guards", "guards-deny-firing"),
    ("/v1/statements?attributed=true&stance=denies", "guards-deny-firing"),
    ("/v1/statements?attributed=false", ""),
    ("/v1/statements?about=orsa", "guards-deny-firing"),
    ("/v1/statements?about=ash-county", ""),
    ("/v1/statements?place=ash-county", "guards-deny-firing"),
    ("/v1/statements?about=jon-berg&about=ferry-shooting", "falk-river-unsafe guards-deny-firing"),
    ("/v1/statements?about=night-patrol", "guards-deny-firing"),
    ("/v1/statements?contested=false", "falk-river-unsafe"),
    ("/v1/statements?datetime=2021-03-09", "guards-deny-firing"),
    ("/v1/statements?datetime=2021-03-09&date_match=within", ""),
]


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the wider dossier, with some of it withdrawn."""
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("wider")))
    with serving(url) as service:
        yield service


@every_fifth.parametrize(("url", "expected"), CASES)
def test_a_filter_finds_exactly_its_records(desk: TestClient, url: str, expected: str) -> None:
    answer = body(desk, url)
    assert sorted(document["id"] for document in answer["data"]) == sorted(expected.split())
    assert answer["meta"]["matched"] == answer["meta"]["returned"] == len(expected.split())


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_every_filter_has_a_case(resource: str) -> None:
    shown = {
        name
        for url, expected in CASES
        if urlsplit(url).path == f"/v1/{resource}"
        for name, _ in parse_qsl(urlsplit(url).query)
    }
    filters = {one for one in RECORD_TYPES[resource].filters.model_fields if not one.startswith(NOT)}
    assert filters - PAGING - {"id"} - shown == set()


@pytest.mark.parametrize(
    ("url", "location", "date", "casualties"),
    [
        ("/v1/incidents", None, None, None),
        ("/v1/incidents?bbox=15,60,16,61", 2, None, None),
        ("/v1/incidents?near=0,0&kind=abduction", 1, None, None),
        ("/v1/incidents?has_location=true&near=0,0", 0, None, None),
        ("/v1/incidents?datetime=1999", None, 1, None),
        ("/v1/incidents?killed_at_least=1", None, None, 3),
        # Only the boat has no total at all; only the claim without any number is in doubt.
        ("/v1/incidents?any_harm=possible", None, None, 1),
        ("/v1/incidents?any_harm=certain&killed_at_least=3", None, None, 3),
        ("/v1/casualties?any_harm=certain", None, None, 1),
        ("/v1/casualties?any_harm=possible", None, None, 0),
        ("/v1/incidents?killed_at_least=1&wounded_possibly=1", None, None, 3),
        ("/v1/incidents?killed_at_least=3&wounded_possibly=1", None, None, 3),
        # What lacks one thing must fit everything else: only the lamp has a date and no point.
        ("/v1/incidents?datetime=2022&bbox=15,60,16,61", 1, 0, None),
        ("/v1/incidents?datetime=2021&bbox=14,60,15,61", 0, 0, None),
        ("/v1/incidents?datetime=2021&detained_at_least=1", None, 0, 1),
        ("/v1/incidents?place=ash-river&datetime=2021", None, 1, None),
        ("/v1/places?near=0,0", 2, None, None),
        ("/v1/casualties?bbox=15,60,16,61", 4, None, None),
        ("/v1/casualties?killed_at_least=9", None, None, 0),
        ("/v1/casualties?abducted_at_least=1", None, None, 0),
        # Of a harm without a number nothing is certain, and everything is possible.
        ("/v1/casualties?casualties_at_least=1", None, None, 1),
        ("/v1/casualties?casualties_possibly=1", None, None, 0),
        ("/v1/incidents?displaced_at_least=1&kind=abduction", None, None, 0),
        ("/v1/incidents?displaced_at_least=1&removed_possibly=1", None, None, 3),
        ("/v1/statements?datetime=2021", None, 1, None),
    ],
)
def test_what_could_not_be_judged_is_counted(
    desk: TestClient, url: str, location: int | None, date: int | None, casualties: int | None
) -> None:
    expected = {"location": location, "date": date, "casualties": casualties, "exclusion": None}
    assert body(desk, url)["meta"]["not_judged"] == expected


@pytest.mark.parametrize(
    "url",
    [
        "/v1/incidents?place=orsa-village",
        "/v1/incidents?place=orsa-village&place=orsa",
        "/v1/incidents?actor=captain&actor=miller",
        "/v1/incidents?parent=ferry-incident&parent=ferry-shooting",
    ],
)
def test_a_merged_id_is_followed(desk: TestClient, url: str) -> None:
    survivors = {"orsa-village": "orsa", "captain": "jon-berg", "ferry-incident": "ferry-shooting"}
    by_survivor = url
    for merged, survivor in survivors.items():
        by_survivor = by_survivor.replace(merged, survivor)
    assert ids(desk, url) == ids(desk, by_survivor) != []


def test_a_removed_id_is_refused_with_the_reason(desk: TestClient) -> None:
    refusal = problem(desk, "/v1/incidents?place=old-mill")
    assert refusal["detail"] == "Parameter 'place': 'old-mill' was removed: It was never there."


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion"),
    [
        ("/v1/incidents?place=orsaa", "place", "orsa"),
        ("/v1/incidents?place=xyzzy", "place", None),
        ("/v1/incidents?actor=jon-burg", "actor", "jon-berg"),
        ("/v1/incidents?actor=night-patrols", "actor", "night-patrol"),
        ("/v1/incidents?actor=orsa", "actor", None),
        ("/v1/quotes?speaker=ida-falck", "speaker", "ida-falk"),
        ("/v1/quotes?organization=jon-berg", "organization", None),
        ("/v1/people?incident=mill", "incident", "mill-search"),
        ("/v1/incidents?article=lind-ash", "article", "lind-ash-river"),
        ("/v1/statements?about=ferry-shoting", "about", "ferry-shooting"),
        ("/v1/statements?about=berg-no-warning", "about", None),
    ],
)
def test_an_unknown_id_is_refused_with_the_nearest(
    desk: TestClient, url: str, parameter: str, suggestion: str | None
) -> None:
    assert refused(desk, url) == [(parameter, suggestion)]


def test_many_places_at_once(desk: TestClient) -> None:
    """A hundred values is the most that one parameter takes; the same value again is no other value."""
    assert len(ids(desk, "/v1/incidents?" + "&".join(["place=orsa", "place=ash-river"] * 300))) == 3
    many = "&".join(f"place=place-{number}" for number in range(101))
    assert ("place", None) in refused(desk, f"/v1/incidents?{many}")


@given(st.text())
def test_folding_leaves_nothing_to_fold(text: str) -> None:
    """What was folded when it was stored and what is folded when it is looked for are the same."""
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text.upper().lower())
