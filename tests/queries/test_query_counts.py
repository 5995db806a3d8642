"""A page of twenty records takes as many SQL statements as a page of one."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.records import RECORD_TYPES
from tests.answers import body
from tests.conftest import serving
from tests.statements import statements


@pytest.fixture(scope="module")
def client(article_url: str) -> Iterator[TestClient]:
    """The service without its memory, so that every answer is made."""
    with serving(article_url, cache_bytes=0) as service:
        yield service


def count_statements(client: TestClient, url: str, rows: int) -> int:
    with statements() as sent:
        answer = body(client, url)
    assert len(answer["data"]) == rows, "the comparison needs that many"
    return len(sent)


@pytest.mark.parametrize("resource", sorted(set(RECORD_TYPES) - {"articles"}))
def test_a_longer_list_takes_no_more_statements(client: TestClient, resource: str) -> None:
    many = min(20, body(client, f"/v1/{resource}?limit=1")["meta"]["matched"])
    one = count_statements(client, f"/v1/{resource}?limit=1", 1)
    assert one == count_statements(client, f"/v1/{resource}?limit={many}", many) > 0


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("incidents?sort=date&include=places,articles", 20),
        ("incidents?actor=iraqi-government&sort=id&include=statements,organizations,places", 9),
        ("incidents?killed_at_least=1&sort=-date&include=casualties,places", 7),
        ("quotes?kind=direct&include=people,articles", 10),
        ("casualties?group=military&include=incidents,articles", 5),
        ("people?organization=iraqi-security-forces&include=organizations", 6),
    ],
)
def test_lists_with_what_they_refer_to(client: TestClient, query: str, rows: int) -> None:
    first = body(client, f"/v1/{query}&limit=1")
    assert all(first["included"].values()), "the first record refers to each of them, so each is asked for"
    one = count_statements(client, f"/v1/{query}&limit=1", 1)
    assert one == count_statements(client, f"/v1/{query}&limit={rows}", rows)


@pytest.mark.parametrize("resource", [one.name for one in RECORD_TYPES.values() if one.referring])
def test_lists_with_what_refers_to_them(client: TestClient, resource: str) -> None:
    url = f"/v1/{resource}?sort=-name&include={','.join(RECORD_TYPES[resource].referring)}"
    rows = min(20, body(client, f"/v1/{resource}?limit=1")["meta"]["matched"])
    assert rows > 1
    assert count_statements(client, f"{url}&limit=1", 1) == count_statements(client, f"{url}&limit={rows}", rows)


def test_ids_in_filters(client: TestClient) -> None:
    one = count_statements(client, "/v1/incidents?place=iraq&limit=1", 1)
    assert one == count_statements(client, "/v1/incidents?place=iraq&place=kubaiba&place=riyadh-district&limit=20", 20)
