"""What the database does for a question: by an index, however many records there are, and right all the same.

SQLite plans by the tables' shape alone, because nothing gathers statistics, so that its plans on a few records are
those on a million. PostgreSQL is shown which indexes it has by taking away its other ways.
"""

import base64
import json
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlmodel import col
from starlette.testclient import TestClient

from app.api.parameters import cursors
from app.counts import archives
from app.counts.extraction import Extraction
from app.model.day_spans import LONG_SPAN_DAYS, SHORT_SPAN_DAYS, span_class
from app.queries import plan
from app.records import COUNTED_TYPES, RECORD_TYPES
from app.records.incidents import INCIDENTS, IncidentFilters
from app.search import entry_numbers
from app.storage.database import Database
from app.storage.models import Incident, SearchEntry, StoredDocument
from app.storage.registry import METADATA
from tests import every_fifth, sample
from tests.answers import body
from tests.conftest import ENGINE, NewDatabase, load_seed, serving
from tests.statements import statements

MANY = 600
FIRST = date(1998, 1, 1)


def _ranges() -> Iterator[tuple[str, str] | None]:
    """Ranges of every class, those at the edge of a class among them, and no date now and then."""
    chance = random.Random(5)
    short, (long, longest, *_) = SHORT_SPAN_DAYS, LONG_SPAN_DAYS
    lengths = [0, 0, 1, 6, short - 1, short, short + 1, 365, long, long + 1, longest, longest + 1, 9999]
    for _ in range(MANY):
        day = FIRST + timedelta(days=chance.randrange(1500))
        last = day + timedelta(days=chance.choice(lengths))
        yield None if chance.random() < 0.03 else (day.isoformat(), last.isoformat())


@pytest.fixture(scope="module")
def many_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small article with hundreds of incidents more: copies of one, each at a time of its own."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("many")))
    database = Database(url)
    with database.writer() as connection:
        _copy(connection, list(_ranges()))
    database.close()
    return url


def _copy(connection: Connection, ranges: list[tuple[str, str] | None]) -> None:
    incidents = METADATA.tables["incidents"]
    model = connection.execute(select(incidents).where(incidents.c.id == "mill-search")).one()
    mine = entry_numbers.document_number(col(SearchEntry.number)) == model.number
    terms = connection.execute(select(col(SearchEntry.terms)).where(mine)).scalar_one()
    kept = select(col(StoredDocument.document)).where(col(StoredDocument.number) == model.number)
    document = connection.execute(kept).scalar_one()
    last = connection.execute(select(func.max(col(StoredDocument.number)))).scalar_one()
    rows, entries, documents = [], [], []
    for number, days in enumerate(ranges):
        # Within a day the numbers run against the ids.
        id_ = f"copy-{MANY - 1 - number:03}"
        earliest, latest = days or (None, None)
        dates = {
            "earliest": earliest,
            "latest": latest,
            "reach": span_class(earliest, latest),
            "sort_date": earliest or "",
        }
        its_own = {
            "number": last + 1 + number,
            "id": id_,
            "document": document.replace('"mill-search"', f'"{id_}"'),
        }
        documents.append(its_own)
        rows.append({**model._mapping, "id": id_, "number": its_own["number"], **dates})
        entries.append(
            {"number": entry_numbers.entry_number(INCIDENTS.code, earliest, last + 1 + number), "terms": terms}
        )
    connection.execute(insert(StoredDocument), documents)
    connection.execute(insert(Incident), rows)
    connection.execute(insert(SearchEntry), entries)
    if ENGINE == "sqlite":
        connection.execute(text("INSERT INTO search_index (rowid, terms) VALUES (:number, :terms)"), entries)


@pytest.fixture(scope="module")
def many(many_url: str) -> Iterator[TestClient]:
    """Without its memory, so that every answer is made."""
    with serving(many_url, cache_bytes=0) as client:
        yield client


def dates(many_url: str) -> dict[str, tuple[str, str]]:
    database = Database(many_url)
    with database.snapshot() as snapshot:
        rows = snapshot.rows(select(col(Incident.id), col(Incident.earliest), col(Incident.latest)))
    database.close()
    return {id_: (earliest, latest) for id_, earliest, latest in rows if earliest}


def pages(client: TestClient, url: str) -> list[str]:
    """The ids of a whole list, page by page."""
    found: list[str] = []
    while url:
        page = body(client, url)
        found += [record["id"] for record in page["data"]]
        url = page["links"].get("next", "")
    return found


INTERVALS = ["1999", "1999-07", "1999-07-14", "../1998-06", "2001-11/..", "1999-03-02/1999-04-01", "1990", "2035-01"]


@every_fifth.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("match", ["overlaps", "within"])
def test_days_find_what_looking_at_every_record_finds(
    many: TestClient, many_url: str, interval: str, match: str
) -> None:
    known = dates(many_url)
    bounds = IncidentFilters.model_validate({"datetime": interval, "sort": None}).datetime
    assert bounds is not None
    start, end = bounds.start or "0001-01-01", bounds.end or "9999-12-31"
    wanted = {
        id_
        for id_, (earliest, latest) in known.items()
        if (earliest <= end and latest >= start if match == "overlaps" else start <= earliest and latest <= end)
    }
    newest = sorted(wanted, key=lambda id_: (known[id_][0], id_), reverse=True)
    asked = f"/v1/incidents?datetime={interval}&date_match={match}&limit=97"
    assert pages(many, f"{asked}&sort=-date") == newest
    assert pages(many, f"{asked}&sort=date") == newest[::-1]
    assert sorted(pages(many, f"{asked}&sort=title")) == sorted(wanted)
    assert pages(many, f"{asked}&sort=-date&q=mill&granularity=event") == [
        id_ for id_ in newest if id_ == "mill-search" or id_.startswith("copy")
    ]
    assert body(many, f"{asked}&count=exact")["meta"]["matched"] == len(wanted)
    facets = body(many, f"/v1/facets?of=incidents&facet=granularity&datetime={interval}&date_match={match}")
    assert facets["meta"]["matched"] == len(wanted)
    lines = many.get(f"/v1/incidents.ndjson?datetime={interval}&date_match={match}").text.splitlines()
    assert len(lines) == len(wanted)


@pytest.mark.heavy
@pytest.mark.parametrize("on_a_day", [0, 5, plan.EXTRA_DAY_ROWS])
def test_words_find_the_newest_in_the_order_of_days_and_ids(
    many: TestClient, many_url: str, on_a_day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them share a day. Those without a date come last in both directions."""
    monkeypatch.setattr(plan, "EXTRA_DAY_ROWS", on_a_day)
    known = dates(many_url)
    wanted = sorted(["mill-search", *(f"copy-{number:03}" for number in range(MANY))])
    wanted.sort(key=lambda id_: (known.get(id_, ("", ""))[0], id_), reverse=True)
    dated, undated = ([id_ for id_ in wanted if (id_ in known) is has_date] for has_date in (True, False))
    assert dated
    assert undated
    oldest = dated[::-1] + undated[::-1]
    assert pages(many, "/v1/incidents?q=mill&sort=-date&limit=7") == wanted
    assert pages(many, "/v1/incidents?q=mill&sort=date&limit=97") == oldest
    assert pages(many, "/v1/incidents?q=mill&sort=date&limit=7") == oldest


@pytest.mark.parametrize("limit", [1, 50])
def test_of_equals_the_first_ids_are_the_best(many: TestClient, limit: int) -> None:
    """Whatever their numbers are, which change with every change of a record."""
    found = body(many, f"/v1/search?q=mill&type=incident&limit={limit}")
    assert [hit["id"] for hit in found["data"]] == [f"copy-{number:03}" for number in range(limit)]
    assert found["meta"]["matched"] == MANY + 1


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("asked", "some"), [("mil*", True), ("mill -ferry", True), ("ferry -mill", True), ("mill -mil*", False)]
)
@pytest.mark.parametrize("limit", [11, 500])
def test_words_find_the_same_in_every_order(
    many: TestClient, many_url: str, asked: str, some: bool, limit: int
) -> None:
    """Also where they find less than a page."""
    by_title, newest, oldest = (
        pages(many, f"/v1/incidents?q={asked}&limit={limit}&sort={sort}") for sort in ("title", "-date", "date")
    )
    known = dates(many_url)
    for ids in (newest, oldest):
        assert [id_ in known for id_ in ids] == sorted((id_ in known for id_ in ids), reverse=True), "undated ones last"
    for dated in (True, False):
        assert [id_ for id_ in newest if (id_ in known) is dated] == [
            id_ for id_ in oldest[::-1] if (id_ in known) is dated
        ]
    assert sorted(newest) == sorted(by_title)
    assert bool(newest) is some


def made_up(link: str) -> str:
    """A link to a page with a cursor of the same list at what is no day."""
    path, _, cursor = link.partition("cursor=")
    mark = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_"))[0]
    return f"{path}cursor={cursors.encode(mark, 'no day', 'x')}"


def test_a_made_up_cursor_is_no_error_of_ours(many: TestClient) -> None:
    first = body(many, "/v1/incidents?q=mill&sort=-date&limit=1")["links"]["next"]
    assert many.get(made_up(first)).status_code == 200


def plans(url: str, client: TestClient, asked: str) -> Iterator[str]:
    """The lines of the plans of every statement that an answer took."""
    with statements() as sent:
        answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    database = Database(url)
    with database.writer() as connection:
        if ENGINE == "postgresql":
            for way in ("seqscan", "sort", "indexonlyscan"):
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
        explain = "EXPLAIN QUERY PLAN" if ENGINE == "sqlite" else "EXPLAIN"
        for statement, parameters in sent:
            yield from (str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    database.close()


def explained_ways() -> Iterator[tuple[str, str, list[str]]]:
    """The ways in the explanation of the planner: name, request, and the lines that it shows of SQLite's plan."""
    way = r"^\d\. \*(.+?)\.\*[^*]+?GET (.+\n(?: +[A-Z].+\n)+)"
    for name, block in re.findall(way, plan.__doc__ or "", re.MULTILINE):
        request, *lines = map(str.strip, block.splitlines())
        yield name, request, lines


@pytest.mark.sqlite  # the explanation shows SQLite's plans
@pytest.mark.parametrize(("name", "request_url", "lines"), list(explained_ways()))
def test_the_ways_of_the_planner_are_those_that_it_explains(
    many: TestClient, many_url: str, monkeypatch: pytest.MonkeyPatch, name: str, request_url: str, lines: list[str]
) -> None:
    if name == "Known matches":
        monkeypatch.setattr(archives, "MIN_RECORDS", 0)
        many.get(request_url)  # arrays are made
        with statements() as sent:
            many.get(request_url)
        assert not any("ORDER BY" in statement for statement, _ in sent)
    steps = plans(many_url, many, request_url)
    # Each is looked for behind the one before it; how versions of SQLite number a full-text plan is left out.
    assert [line for line in lines if not any(step.startswith(line) for step in steps)] == []


def test_the_planner_explains_six_ways() -> None:
    assert len(list(explained_ways())) == len(re.findall(r"^\d\. \*", plan.__doc__ or "", re.MULTILINE)) == 6


def test_a_statement_is_built_once_for_all_values(many: TestClient) -> None:
    """Building and compiling it takes longer than running it. Another number of values is another statement."""
    asked = "/v1/incidents?kind={}&datetime={}&sort=-date&limit=3"
    first = pages(many, asked.format("detention", "1999-07"))
    built = plan.statement_of.cache_info().misses
    second = pages(many, asked.format("detention", "1998"))
    assert plan.statement_of.cache_info().misses == built
    assert first
    assert second
    assert first != second
    assert pages(many, asked.format("detention&kind=joint_raid", "1998")) == second
    assert plan.statement_of.cache_info().misses > built


TABLE = (
    r"(incidents|places|people|quotes|statements|casualties|evidence|incident_[a-z]+|quote_[a-z]+|search_entries"
    r"|documents)"
)
NARROW = r"(?!.* INDEX (ix_\w+_without_|\d+:.))"
FULL_SCAN = re.compile(rf"^SCAN {TABLE}\b{NARROW}" if ENGINE == "sqlite" else rf"Seq Scan on {TABLE}")


@every_fifth.parametrize(
    "asked",
    [
        "/v1/incidents?kind=joint_raid&datetime=1999-07&sort=-date",
        "/v1/incidents?kind=joint_raid&datetime=1999-07&sort=date",
        "/v1/incidents?datetime=1999-07&sort=title",
        "/v1/incidents?datetime=1999-07&date_match=within&kind=detention",
        "/v1/incidents?datetime=../1998-02",
        "/v1/incidents?bbox=14,60,15,61",
        "/v1/incidents?bbox=179,-10,-179,10&kind=joint_raid",
        "/v1/incidents?near=14.5,60.5&radius_km=20&sort=killed",
        "/v1/incidents?q=ferry",
        "/v1/incidents?q=ferry&sort=-date",
        "/v1/incidents?q=ferry&sort=date",
        "/v1/incidents?q=ferry&sort=-date&kind=detention",
        "/v1/incidents?place=orsa&sort=title",
        "/v1/incidents?actor=jon-berg&actor_role=target",
        "/v1/incidents?killed_at_least=2&sort=-date",
        "/v1/incidents?changed_since=1",
        "/v1/incidents?parent=ferry-shooting",
        "/v1/incidents?has_location=false",
        "/v1/incidents?contested=true",
        "/v1/incidents?contested=true&sort=title&kind=detention",
        "/v1/incidents?contested=true&count=exact&datetime=1999",
        "/v1/casualties?contested=true",
        "/v1/casualties/summary?contested=true&article=lind-ash-river",
        "/v1/facets?of=incidents&facet=kind,actor_role&contested=true",
        "/v1/casualties/summary?article=lind-ash-river&datetime=1999-07",
        "/v1/facets?of=casualties&facet=kind,actor_role,article&article=lind-ash-river&place=orsa",
        "/v1/facets?of=casualties&facet=kind,month,article&q=fer*&datetime=1999-07",
        "/v1/casualties?q=ferry&datetime=1999-07",
        "/v1/casualties?datetime=1999-07",
        "/v1/casualties?bbox=14,60,15,61&outcome=killed",
        "/v1/casualties?outcome=killed",
        "/v1/casualties?claimed_by=jon-berg",
        "/v1/casualties?incident=ferry-shooting",
        "/v1/casualties?organization=night-patrol&sort=-id",
        "/v1/casualties?person=miller",
        "/v1/casualties?killed_at_least=2",
        "/v1/casualties?killed_at_least=0&sort=changed",
        "/v1/casualties?wounded_possibly=900",
        "/v1/incidents?place_role=context",
        "/v1/incidents?place_certainty=contested&sort=title",
        "/v1/incidents?place=orsa&place_certainty=stated",
        "/v1/incidents?actor_certainty=contested",
        "/v1/incidents?actor_role=victim&actor_certainty=claimed&sort=title",
        "/v1/incidents?displaced_possibly=3&sort=killed",
        "/v1/incidents?removed_at_least=1&kind=detention",
        "/v1/people?life_status=dead",
        "/v1/people?life_status=dead&sort=id",
        "/v1/casualties/summary?group_by=person&organization=night-patrol",
        "/v1/quotes?speaker=miller",
        "/v1/quotes?organization=night-patrol",
        "/v1/quotes?incident=ferry-shooting&place=orsa",
        "/v1/quotes?datetime=1999-07&sort=-date",
        "/v1/quotes?datetime=1999-07&sort=date&kind=direct",
        "/v1/quotes?speaker=miller&sort=-date",
        "/v1/quotes?datetime=1999&date_match=within",
        "/v1/casualties?datetime=1999-07&sort=-date",
        "/v1/statements?datetime=2021",
        "/v1/places?bbox=14,60,15,61",
        "/v1/facets?of=incidents&facet=kind&datetime=1999-07&bbox=14,60,15,61",
        "/v1/casualties/summary?datetime=1999-07",
        "/v1/incidents.ndjson?datetime=1999-07",
        "/v1/incidents.geojson?bbox=14,60,15,61",
        "/v1/incidents.atom?bbox=14,60,15,61",
        "/v1/search?q=ferry",
    ],
)
def test_nothing_is_looked_for_by_reading_a_whole_table(many: TestClient, many_url: str, asked: str) -> None:
    found = list(plans(many_url, many, asked))
    assert found
    assert [line for line in found if FULL_SCAN.search(line)] == []


SORTS = [
    (name, key.replace("{casualty.outcome}", "killed"))
    for name, resource in RECORD_TYPES.items()
    for key in resource.sorts
]


@pytest.mark.parametrize(
    ("query", "is_needed"),
    [("", False), ("outcome=killed", False), ("sort=-date", False), ("kind=killing", True)],
)
def test_a_page_of_claims_reads_incidents_only_where_it_needs_them(
    many: TestClient, query: str, is_needed: bool
) -> None:
    """At an earlier release they are looked for among what was superseded since, for each claim in turn."""
    with statements() as sent:
        assert many.get(f"/v1/casualties?limit=1&{query}").status_code == 200
    (page,) = [statement for statement, _ in sent if "ORDER BY casualties." in statement]
    assert ("JOIN incidents" in page) is is_needed


@every_fifth.parametrize(("resource", "key"), SORTS)
@pytest.mark.parametrize("direction", ["", "-"])
def test_every_page_of_every_order_begins_at_its_place_in_an_index(
    many: TestClient, many_url: str, resource: str, key: str, direction: str
) -> None:
    first = f"/v1/{resource}?sort={direction}{key}&limit=1"
    following = body(many, first)["links"].get("next", first)
    for asked in (first, following):
        found = " ".join(plans(many_url, many, asked))
        assert "TEMP B-TREE" not in found
        assert "Sort" not in found
    if following != first:
        # The documents are found without the rows.
        at_its_place = r"SEARCH \w+ USING COVERING INDEX \w+ \((outcome=\? AND )?(\(\w+,(incident_)?id\)|id)[<>]"
        assert re.search(at_its_place if ENGINE == "sqlite" else r"Index Cond: .*(ROW\(|id)", found), found


@pytest.mark.sqlite
@pytest.mark.parametrize("name", COUNTED_TYPES)
def test_what_changed_records_are_counted_by_is_found_by_their_keys(many_url: str, name: str) -> None:
    """And not among all of their type, of which there are very many."""
    database, steps = Database(many_url), list[str]()
    tables = {one.name: one.table for one in COUNTED_TYPES.values()}
    with database.snapshot() as snapshot:

        def explained(statement: Select[Any]) -> list[Any]:
            sql = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
            if " IN (" in str(sql):
                steps.extend(row[-1] for row in snapshot.rows(text(f"EXPLAIN QUERY PLAN {sql}")))
            return list(snapshot.rows(statement))

        Extraction(explained, tables).frames(COUNTED_TYPES[name], lambda number: number.in_(range(1, 500)))
    database.close()
    assert {step.startswith("SCAN") or step.endswith("(record_type=?)") for step in steps} == {False}, steps
