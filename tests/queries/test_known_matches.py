"""Pages of records that arrays have found: the same as those that SQL finds, in both directions."""

from collections.abc import Iterator
from itertools import product
from urllib.parse import urlencode

import pytest

from app.queries import plan
from tests import every_fifth, sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed
from tests.queries.test_arrays import Services, arrays_of_few, both_ways
from tests.queries.test_plans import made_up
from tests.statements import statements

FILTERS = ["kind=killing&kind=detention", "place=iraq", "q=isis", "datetime=2019", "datetime=../2020&not.kind=killing"]


@pytest.fixture(scope="module", autouse=True)
def few_are_enough() -> Iterator[None]:
    with arrays_of_few():
        yield


@pytest.fixture(scope="module")
def services(article_url: str) -> Iterator[Services]:
    """The service that counts in arrays, and the same in SQL, over the shipped article."""
    with both_ways(article_url) as actual:
        yield actual


def walk(services: Services, path: str) -> list[str]:
    """The ids on all pages, forwards and then back to the first: the same pages from both, with the same cursors."""
    ids: list[str] = []
    for direction in ("next", "prev"):
        while True:
            in_arrays, in_sql = (body(one, path) for one in services)
            assert in_arrays == in_sql, path
            if direction == "next":
                ids += [record["id"] for record in in_arrays["data"]]
            if direction not in in_arrays["links"]:
                break
            path = in_arrays["links"][direction]
    assert "cursor" not in path or not ids or body(services[0], path)["data"][0]["id"] == ids[0]
    return ids


@every_fifth.parametrize(("name", "sort"), list(product(["incidents", "quotes"], ["date", "-date"])))
def test_every_page_is_the_same(services: Services, name: str, sort: str) -> None:
    found = 0
    for filters in FILTERS if name == "incidents" else ["kind=direct", "place=iraq", "datetime=2019", "q=isis"]:
        every = body(services[1], f"/v1/{name}?limit=200&fields=id&sort={sort}&{filters}")["data"]
        for limit in (1, 3, 200):
            ids = walk(services, f"/v1/{name}?limit={limit}&sort={sort}&{filters}")
            assert ids == [record["id"] for record in every]
        found += len(every)
    assert found > 20


def test_records_of_one_day_and_without_a_day(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = sample.small()
    original = sample.record(files, sample.INCIDENTS, "mill-search")
    undated = ["boat-stopped"]
    for number in range(12):
        copy = {**original, "id": f"copy-{number:02}", "title": f"Copy {number}", "casualties": [], "same_as": []}
        copy.pop("date", None)
        if number % 3:
            copy["date"] = {"edtf": "1999-07-04" if number % 2 else "1999"}
        else:
            undated.append(copy["id"])
        files[sample.INCIDENTS].append({key: value for key, value in copy.items() if value != []})
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("days")))
    with both_ways(url) as services:
        for sort, limit in (("date", 1), ("-date", 1), ("date", 5), ("-date", 5)):
            query = {"sort": sort, "limit": limit, "not.kind": "battle"}
            ids = walk(services, f"/v1/incidents?{urlencode(query)}")
            assert len(ids) > 12
            assert sorted(ids[-len(undated) :]) == undated, "undated ones last"


def test_documents_alone_are_read(services: Services) -> None:
    path = "/v1/incidents?kind=killing&sort=-date&limit=3"
    body(services[0], path)  # arrays are made
    with statements() as sent:
        body(services[0], path)
    assert [statement.split("FROM")[1].split()[0] for statement, _ in sent if "documents" in statement] == ["documents"]
    assert not [statement for statement, _ in sent if "ORDER BY" in statement]


def test_a_day_of_very_many_is_left_to_sql(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "EXTRA_DAY_ROWS", -199)
    path = "/v1/incidents?datetime=2019&limit=200&sort=-date"
    assert len(walk(services, path)) > 1
    with statements() as sent:
        body(services[0], path)
    assert [statement for statement, _ in sent if "ORDER BY incidents.sort_date" in statement]


def test_a_made_up_cursor_is_no_error_of_ours(services: Services) -> None:
    path = made_up(body(services[0], "/v1/incidents?datetime=2019&sort=-date&limit=1")["links"]["next"])
    assert services[0].get(path).status_code == 200
