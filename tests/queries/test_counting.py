"""What facets and sums cost when several filters meet: what one finds is not gone through for each that another finds.

SQLite's work is counted in steps of its machine, which are the same on every machine; both engines have to answer the
same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import every_fifth
from tests.answers import body
from tests.bench import invention
from tests.conftest import NewDatabase, load_seed, serving
from tests.statements import each_sqlite_connection, statements

INCIDENTS, IN_ONE = 900, 600
LARGE, SMALL = "report-00000", "report-00001"
EVERY = f"article={LARGE}&article={SMALL}&article=report-00002"


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One large article, two small ones, and no memory of answers."""
    invention.write(seed := tmp_path_factory.mktemp("archive"), INCIDENTS, in_one=IN_ONE)
    load_seed(url := new_database(), Path(seed))
    with serving(url, cache_bytes=0) as client:
        yield client


STEPS = 100


@contextmanager
def work() -> Iterator[list[int]]:
    """A number for every hundred steps that SQLite's machine makes meanwhile."""
    done: list[int] = []

    with each_sqlite_connection(lambda one: one.set_progress_handler(lambda: done.append(1), STEPS)):
        yield done


def cost(client: TestClient, url: str) -> tuple[int, Any]:
    """The steps that an answer takes, and what it says."""
    client.get(url)  # what is remembered of ids and words is not counted
    with work() as done:
        answer = body(client, url)
    return len(done), said(answer)


def said(answer: Any) -> tuple[Any, ...]:
    """What an answer says, without its links, which repeat the filters."""
    return without_links(answer["data"]), answer["meta"]["matched"], answer["meta"]["not_judged"]


def without_links(value: Any) -> Any:
    """A JSON value without the member `links` of any object in it."""
    if isinstance(value, dict):
        return {key: without_links(inner) for key, inner in value.items() if key != "links"}
    return [without_links(one) for one in value] if isinstance(value, list) else value


ASKED = [
    "/v1/casualties/summary?group_by=outcome&limit=50",
    "/v1/casualties/summary?group_by=place,month&limit=50",
    "/v1/facets?of=casualties&facet=kind,actor,claimed_by",
    "/v1/facets?of=incidents&facet=kind,place,actor,article",
]
FILTERS = [
    "datetime=1990-07",
    "datetime=1990",
    "datetime=1990-03/1990-05&date_match=within",
    "bbox=41,31,44,34",
    "near=43,33&radius_km=400&location_match=certain",
    "place=place-00001",
    "actor=group-0001",
    "q=ba*",
    "changed_since=0&datetime=1990-07&bbox=41,31,44,34",
]


@pytest.mark.heavy
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("filters", FILTERS)
def test_an_article_beside_another_filter_at_most_doubles_the_work(
    archive: TestClient, asked: str, filters: str
) -> None:
    alone, without = cost(archive, f"{asked}&{filters}")
    assert said(body(archive, f"{asked}&{filters}&{EVERY}")) == without
    assert without[1] > 0
    with_large, _ = cost(archive, f"{asked}&{filters}&article={LARGE}")
    with_small, _ = cost(archive, f"{asked}&{filters}&article={SMALL}")
    assert max(with_large, with_small) <= 2 * alone


@every_fifth.parametrize("others", ["", "&datetime=1990", f"&article={LARGE}&bbox=41,31,44,34"])
@pytest.mark.parametrize("of", ["incidents", "casualties"])
def test_words_are_looked_up_as_often_for_many_facets_as_for_one(archive: TestClient, of: str, others: str) -> None:
    def looked_up(facets: str) -> int:
        with statements() as sent:
            body(archive, f"/v1/facets?of={of}&facet={facets}&q=ba*+-da*{others}")
        return sum("search_index" in one or "search_entries" in one for one, _ in sent)

    one, many = (looked_up(facets) for facets in ("kind", "kind,place,actor,actor_role,month,year,contested,article"))
    assert one == many > 0
    assert one <= 2, "once for the records, and once where a released word is looked for"


def test_words_are_looked_up_as_often_for_sums_by_much_as_for_none(archive: TestClient) -> None:
    def looked_up(groups: str) -> int:
        with statements() as sent:
            body(archive, f"/v1/casualties/summary?group_by={groups}&q=ba*&datetime=1990")
        return sum("search_index" in one or "search_entries" in one for one, _ in sent)

    assert looked_up("outcome") == looked_up("place,claimed_by,incident") > 0
