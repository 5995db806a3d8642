"""Pagination: no record is repeated or missed, with every sort, any page size, and across releases."""

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.api.links import MAX_LINK_BYTES
from app.model.codebook import shipped
from app.queries.filters import filters_under
from app.records import RECORD_TYPES
from tests import every_fifth, sample
from tests.answers import body, days_taken, ids, problem, refused
from tests.conftest import NewDatabase, load_seed, serving

SORTS = [
    (resource, sort)
    for resource, model in ((one.name, filters_under(one.filters, shipped())) for one in RECORD_TYPES.values())
    for sort in get_args(get_args(model.model_fields["sort"].annotation)[0])
    if sort.lstrip("-") not in shipped().values("casualty.outcome") or sort.lstrip("-") in ("killed", "wounded")
]
"""Every order; of those by an outcome, which are all made alike, two."""

# What a sort orders by, read from the documents, None where it is not stated; where it is not in them, the ids alone
# must be in order among equals.
KEYS: dict[str, Any] = {
    "date": lambda document: (days_taken(document) or (None,))[0],
    **{name: lambda document, name=name: (document["totals"][name] or {}).get("low") for name in ("killed", "wounded")},
    "published": lambda document: document["published"],
    "incident": lambda document: document["incident"]["id"],
    "changed": lambda document: document["changed_in"],
    "id": lambda document: document["id"],
}


def walk(client: TestClient, url: str) -> Iterator[Any]:
    """Every page of a list, by its next links."""
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.text
        page = response.json()
        yield page
        following = page["links"].get("next")
        fits = len(f'<{following}>; rel="next"') <= MAX_LINK_BYTES
        assert response.links.get("next", {}).get("url") == (following if fits else None)
        assert page["links"]["self"].partition("?")[0] == url.partition("?")[0]
        url = following


@pytest.fixture(scope="module")
def mixed(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The small dossier in its second release, with undated copies of a record, which tie under every sort but `id`."""
    files, folder, url = sample.small(), tmp_path_factory.mktemp("mixed"), new_database()
    load_seed(url, sample.write(files, folder))
    _add_boats(files, "b-boat", "z-boat", "a-boat", "c-boat")
    load_seed(url, sample.write(files, folder))
    with serving(url) as service:
        yield service


def _add_boats(files: sample.Files, *names: str) -> None:
    for name in names:
        boat = sample.record(sample.small(), sample.INCIDENTS, "boat-stopped")
        files[sample.INCIDENTS].append({**boat, "id": name})


@every_fifth.parametrize(("resource", "sort"), SORTS)
def test_pages_add_up_to_the_list(client: TestClient, mixed: TestClient, resource: str, sort: str) -> None:
    for service, limits in ((mixed, (1, 3, 7)), (client, () if sort.startswith("-") else (7,))):
        whole = body(service, f"/v1/{resource}?sort={sort}&limit=500")["data"]
        assert len(whole) == len({document["id"] for document in whole})
        for limit in limits:
            pages = list(walk(service, f"/v1/{resource}?sort={sort}&limit={limit}"))
            assert [document for page in pages for document in page["data"]] == whole
            assert all(page["meta"]["returned"] == len(page["data"]) == limit for page in pages[:-1])
            assert all(page["meta"]["matched"] == len(whole) for page in pages)


def walk_back(client: TestClient, url: str) -> Iterator[Any]:
    """Every page of a list, by its links to the page before."""
    while url:
        yield (page := body(client, url))
        url = page["links"].get("prev")


@every_fifth.parametrize(("resource", "sort"), SORTS)
def test_back_leads_over_the_same_pages(client: TestClient, mixed: TestClient, resource: str, sort: str) -> None:
    for service, limits in ((mixed, (1, 3)), (client, (9,) if sort.startswith("-") else ())):
        for limit in limits:
            pages = list(walk(service, f"/v1/{resource}?sort={sort}&limit={limit}"))
            back = list(walk_back(service, pages[-1]["links"]["self"]))
            assert [page["data"] for page in back] == [page["data"] for page in pages][::-1]
            assert [page["meta"]["prev_cursor"] is None for page in back] == [False] * (len(pages) - 1) + [True]
            for page in (*pages, *back):
                for rel in ("next", "prev"):
                    link, cursor = page["links"].get(rel), page["meta"][f"{rel}_cursor"]
                    assert (link and client.get(link).request.url.params["cursor"]) == cursor


@pytest.mark.parametrize(
    "query",
    ["", "q=raid", "q=raid&sort=date", "datetime=2019&sort=-date", "datetime=2019/..&kind=joint_raid", "place=iraq"],
)
def test_pages_in_any_direction_and_of_any_size(client: TestClient, query: str) -> None:
    """From any page one step forward leads to what follows it, one step back to what is before it."""
    url = f"/v1/incidents?{query}"
    whole, dice = ids(client, f"{url}&limit=500"), random.Random(query)
    page, start, end = body(client, f"{url}&limit=3"), 0, min(3, len(whole))
    for _ in range(12):
        rel, size = dice.choice(("next", "next", "prev")), dice.randrange(1, 8)
        cursor = page["meta"][f"{rel}_cursor"]
        assert (cursor is None) == (start == 0 if rel == "prev" else end == len(whole))
        if cursor is not None:
            page = body(client, f"{url}&limit={size}&cursor={cursor}")
            here = (end, min(end + size, len(whole))) if rel == "next" else (max(start - size, 0), start)
            start, end = here
            assert [document["id"] for document in page["data"]] == whole[start:end]


def test_a_page_back_after_a_removal_holds_what_is_left(tmp_path: Path, database_url: str) -> None:
    files = sample.small()
    _add_boats(files, "boat-a", "boat-b", "boat-c", "boat-d")
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        whole = ids(client, "/v1/incidents?sort=id")
        second = body(client, body(client, "/v1/incidents?sort=id&limit=3")["links"]["next"])
        assert [document["id"] for document in second["data"]] == whole[3:6]
        for gone in ("boat-a", "boat-d"):
            files[sample.INCIDENTS] = [entry for entry in files[sample.INCIDENTS] if entry["id"] != gone]
            files[sample.INCIDENTS].append({"id": gone, "removed": {"reason": "Told twice"}})
        load_seed(database_url, sample.write(files, tmp_path))
        before = body(client, second["links"]["prev"])
        assert [document["id"] for document in before["data"]] == [one for one in whole[:3] if one != "boat-a"]
        assert before["meta"]["prev_cursor"] is None
        assert ids(client, before["links"]["next"]) == [one for one in whole[3:] if one != "boat-d"][:3]


@every_fifth.parametrize(("resource", "sort"), SORTS)
def test_order_is_total(client: TestClient, mixed: TestClient, resource: str, sort: str) -> None:
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    for service in (client, mixed):
        whole = body(service, f"/v1/{resource}?sort={sort}&limit=500")["data"]
        value = KEYS.get(name, lambda document: "")
        backwards = body(service, f"/v1/{resource}?sort={name if descending else f'-{name}'}&limit=500")["data"]
        stated = [document for document in whole if value(document) is not None]
        unstated = [document for document in whole if value(document) is None]
        assert whole == stated + unstated, "what is not stated comes last, whichever the direction"
        for part in (stated, unstated):
            assert part[::-1] == [document for document in backwards if document in part]
            if name in KEYS:
                order = [(value(document), document["id"]) for document in part]
                assert order == sorted(order, reverse=descending)


@pytest.mark.parametrize(
    "query",
    [
        "kind=insurgent_attacks&kind=joint_raid&limit=2",
        "place=iraq&place_role=scene&limit=5&sort=title&fields=title,kind",
        "q=raid&limit=1&include=quotes,places&count=exact",
        "bbox=42,34,45,36&limit=2&sort=-killed",
        "datetime=2019/..&date_match=overlaps&limit=7&sort=-changed",
    ],
)
def test_next_repeats_every_filter(client: TestClient, query: str) -> None:
    pages = list(walk(client, f"/v1/incidents?{query}"))
    assert len(pages) > 1
    for page in pages[:-1]:
        following = client.get(page["links"]["next"]).request.url.params.multi_items()
        asked = client.get(f"/v1/incidents?{query}").request.url.params.multi_items()
        assert [(name, value) for name, value in following if name != "cursor"] == list(asked)
    assert "next" not in pages[-1]["links"]


def test_a_release_in_between_shifts_no_page(tmp_path: Path, database_url: str) -> None:
    files = sample.small()
    _add_boats(files, "boat-b", "boat-d", "boat-f")
    load_seed(database_url, sample.write(files, tmp_path))
    for sort, added, removed in (("title", "boat-a", "boat-b"), ("-date", "boat-g", "boat-d"), ("id", "boat-c", None)):
        with serving(database_url) as client:
            before = ids(client, f"/v1/incidents?sort={sort}")
            first = body(client, f"/v1/incidents?sort={sort}&limit=3")
            _add_boats(files, added)
            if removed:
                files[sample.INCIDENTS] = [entry for entry in files[sample.INCIDENTS] if entry["id"] != removed]
                files[sample.INCIDENTS].append({"id": removed, "removed": {"reason": "Told twice"}})
            load_seed(database_url, sample.write(files, tmp_path))
            rest = [document["id"] for page in walk(client, first["links"]["next"]) for document in page["data"]]
            seen = [document["id"] for document in first["data"]] + rest
        assert len(seen) == len(set(seen))
        assert [id_ for id_ in seen if id_ != added] == [id_ for id_ in before if id_ != removed or id_ in seen[:3]], (
            "what was there all the time is seen once, in the old order"
        )


def test_the_place_of_a_removed_record_still_holds(tmp_path: Path, database_url: str) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        first = body(client, "/v1/incidents?sort=id&limit=1")
        assert first["data"][0]["id"] == "boat-stopped"
        files[sample.QUOTES] = [{**quote, "incidents": []} for quote in files[sample.QUOTES]]
        files[sample.INCIDENTS] = [entry for entry in files[sample.INCIDENTS] if entry["id"] != "boat-stopped"]
        files[sample.INCIDENTS].append({"id": "boat-stopped", "removed": {"reason": "Retracted"}})
        load_seed(database_url, sample.write(files, tmp_path))
        assert ids(client, first["links"]["next"]) == ["ferry-shooting"]


def test_a_long_title_makes_a_cursor_that_is_taken(tmp_path: Path, database_url: str) -> None:
    files = sample.small()
    for incident in files[sample.INCIDENTS]:
        incident["title"] = "각각각 " * 75
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert len(list(walk(client, "/v1/incidents?sort=title&limit=1"))) == 3


def _cursor(client: TestClient, url: str) -> str:
    cursor: str = client.get(client.get(url).json()["links"]["next"]).request.url.params["cursor"]
    return cursor


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "other",
    [
        "/v1/incidents?kind=joint_raid&limit=1",
        "/v1/incidents?limit=1&sort=date",
        "/v1/incidents?limit=1&sort=title",
        "/v1/quotes?limit=1",
        "/v1/casualties?limit=1",
    ],
)
def test_a_cursor_of_another_query(client: TestClient, other: str) -> None:
    cursor = _cursor(client, "/v1/incidents?limit=1")
    assert refused(client, f"{other}&cursor={cursor}") == [("cursor", None)]


def test_a_cursor_takes_another_page_size(client: TestClient) -> None:
    cursor = _cursor(client, "/v1/incidents?limit=1")
    assert ids(client, f"/v1/incidents?limit=5&cursor={cursor}") == ids(client, "/v1/incidents?limit=6")[1:]


@every_fifth.parametrize("sort", ["changed", "killed", "date", "id"])
@pytest.mark.parametrize(
    "value",
    [2**31, -(2**31) - 1, 2**63, 10**30, 1.5, 1e308, True, None, [], {}, "\0", "\ud800", "a\udfff", [[[]]]],
    ids=repr,
)
def test_a_cursor_with_values_that_no_database_takes(client: TestClient, sort: str, value: Any) -> None:
    url = f"/v1/incidents?limit=1&sort={sort}"
    padded = _cursor(client, url)
    mark, own, id_ = json.loads(base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4)))
    places = ([value, id_], [own, value], [own], [own, id_, id_], [own, id_, "before", "before"])
    for forged in (*([mark, *place] for place in places), [mark, value, id_, "before"], value, mark):
        assert refused(client, f"{url}&cursor={_encoded(forged)}") == [("cursor", None)]


@pytest.mark.parametrize("junk", ["", "x", "%00", "~", "e30", "W10", "bnVsbA", "é", "W1tbW1tb" * 200, "A" * 8001])
def test_junk_for_a_cursor(client: TestClient, junk: str) -> None:
    assert refused(client, f"/v1/incidents?cursor={junk}") == [("cursor", None)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_cursor_is_never_a_failure(client: TestClient, data: st.DataObject) -> None:
    sort = data.draw(st.sampled_from(["date", "killed", "title", "changed", "id"]))
    url = f"/v1/incidents?limit=1&sort={sort}"
    good = _cursor(client, url)
    start = data.draw(st.integers(0, len(good) - 1))
    end = data.draw(st.integers(start, min(start + 4, len(good))))
    damaged = good[:start] + data.draw(st.text("abcXYZ019-_=+/\U0001f600é", max_size=3)) + good[end:]
    response = client.get(url, params={"limit": "1", "sort": sort, "cursor": damaged})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert [error["parameter"] for error in response.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    "limit", ["0", "501", "1e9", "-1", "1.5", "", "ten", "%2B5", "99999999999999999999", "٣", " 5"]
)
def test_a_limit_out_of_bounds_is_refused(client: TestClient, limit: str) -> None:
    assert refused(client, f"/v1/incidents?limit={limit}") == [("limit", None)]
    assert problem(client, f"/v1/incidents?limit={limit}")["detail"].startswith("Parameter 'limit'")


def test_the_greatest_page(client: TestClient) -> None:
    assert len(ids(client, "/v1/incidents?limit=500")) == 42
    assert len(ids(client, "/v1/people")) == 50
