"""Counting in arrays: the same numbers as counting in SQL, whatever is asked and whatever a release has changed."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from app.api.answers import lists
from app.api.ogc import collections
from app.counts import archives
from app.counts.arrays import positions_of
from app.counts.columns import signature
from app.counts.frames import smallest
from app.ingest.release import release_writing
from app.model.codebook import shipped
from app.queries.conditions import AXES, not_judged
from app.queries.filters import conditions_of, filters_under
from app.records import COUNTED_TYPES, RECORD_TYPES
from app.records.casualty_sums import GROUPINGS
from tests import every_fifth, sample
from tests.answers import body, every_facet
from tests.conftest import NewDatabase, load_seed, serving, state
from tests.histories import STEPS, Desk
from tests.queries.test_agreement import FILTERS, LISTS
from tests.queries.test_histograms import FILTERS as INTERVALS

Json = dict[str, Any]

MORE_FILTERS = [
    "not.kind=killing&datetime=2019-04&date_match=within",
    "not.place=kirkuk-province",
    "bbox=42.5,34.5,45,36.5&location_match=point",
    "bbox=42.5,34.5,45,36.5&location_match=certain&near=43.4,35.3",
    "near=43.4,35.3&radius_km=60&location_match=point",
    "place_role=origin",
    "place=iraq&place_certainty=stated",
    "actor_role=target&actor_certainty=stated",
    "contested=false&datetime=../2019",
    "not.place=iraq&place_role=scene&not.article=foltyn-us-iran-isis-2020",
    "not.actor=us-military",
    "not.actor=us-military&actor_role=participant&any_harm=possible",
    "any_harm=certain&datetime=2019",
    "killed_claimed_at_least=5",
    "wounded_claimed_at_least=0&not.place=kirkuk-province",
    "killed_at_least=0",
    "bbox=42.5,34.5,45,36.5&near=43.4,35.3&radius_km=60",
    "bbox=42.5,34.5,45,36.5&location_match=certain&near=43.4,35.3&datetime=2019",
    "killed_at_least=1&wounded_possibly=2&any_harm=certain",
    "not.kind=killing&not.place=kirkuk-province&not.actor=us-military",
    "not.granularity=series&not.article=foltyn-us-iran-isis-2020",
    "changed_since=0&kind=killing",
    "changed_since=1",
    "same_as=wikidata:Q796",
]


OTHER_LISTS = [
    ("quotes", "kind", "datetime=2019"),
    ("quotes", "speaker", "not.kind=partial&named=false"),
    ("statements", "stance", "datetime=2019&date_match=within"),
    ("places", "kind", "bbox=42.5,34.5,45,36.5"),
    ("quotes", "incident", "incident=dub-operation"),
    ("quotes", "place", "not.place=iraq&organization=us-military"),
    ("quotes", "kind", "not.incident=dub-operation&not.organization=us-military"),
    ("statements", "about", "about=kirkuk-province&about=us-military"),
    ("statements", "about", "not.about=us-military&place=iraq"),
    ("statements", "place", "not.place=kirkuk-province&not.organization=us-government"),
    ("people", "incident", "role=source"),
    ("people", "role", "not.role=source&organization=us-government"),
    ("people", "organization", "not.organization=us-government"),
    ("organizations", "incident", "not.kind=police"),
    ("casualties", "outcome", "counted=false"),
    ("casualties", "claimed_by", "not.claimed_by=us-military&not.incident=dub-operation"),
    ("casualties", "organization", "not.organization=us-military"),
    ("casualties", "person", "incident=dub-operation&organization=us-military"),
    ("casualties", "person", "not.group=civilian&attributed=true"),
    ("documents", "kind", "not.kind=report"),
    ("documents", "kind", "changed_since=0"),
    ("incidents", "kind", "id=dub-operation&id=kanoos-island-raid"),
    ("incidents", "kind", "not.id=dub-operation&not.kind=killing"),
    ("casualties", "outcome", "changed_since=0&not.group=civilian&not.place=kirkuk-province"),
    ("casualties", "outcome", "bbox=42.5,34.5,45,36.5&near=43.4,35.3&radius_km=60"),
    ("places", "kind", "within=iraq&place_basis=stated"),
    ("places", "kind", "within=iraq&within=kirkuk-province&kind=village"),
    ("places", "kind", "not.within=kirkuk-province"),
    ("places", "kind", "not.within=kirkuk-province&not.within=iraq&not.kind=village"),
    ("organizations", "kind", "within=us-government&not.kind=police"),
    ("organizations", "kind", "incident=dub-operation"),
    ("people", "role", "incident=dub-operation"),
    ("people", "role", "not.id=hassan-al-soofy&incident=dub-operation"),
    ("people", "role", "not.role=source&not.organization=us-government"),
]


@contextmanager
def arrays_of_few() -> Iterator[None]:
    """Arrays for every release, however few records it has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archives, "MIN_RECORDS", 0)
        patch.setattr(release_writing, "MIN_RECORDS", 0)
        yield


@pytest.fixture(scope="module", autouse=True)
def few_are_enough() -> Iterator[None]:
    with arrays_of_few():
        yield


Services = tuple[TestClient, TestClient]


@contextmanager
def both_ways(url: str) -> Iterator[Services]:
    """The service that counts in arrays, and the same in SQL."""
    patient = {"cache_bytes": 0, "query_seconds": 60}
    with serving(url, **patient) as in_arrays, serving(url, **patient) as in_sql:
        state(in_sql).reader.database.archives = None
        yield in_arrays, in_sql


@pytest.fixture(scope="module")
def services(article_url: str) -> Iterator[Services]:
    """Both, over the shipped article."""
    with both_ways(article_url) as actual:
        yield actual


def agree(services: Services, path: str, **parameters: str) -> Json:
    """The answer that both ways give."""
    in_arrays, in_sql = (body(one, path + urlencode(parameters)) for one in services)
    assert in_arrays == in_sql, (path, parameters)
    return dict(in_arrays)


@every_fifth.parametrize("name", RECORD_TYPES)
def test_every_facet_counts_the_same(services: Services, name: str) -> None:
    for more in ({"facet_limit": "2"}, {"facet_limit": "3", "facet_sort": "label"}, {"facet_limit": "500"}):
        counted = agree(services, "/v1/facets?", of=name, **every_facet(name), **more)
        assert counted["meta"]["matched"] > 0


def test_lists_of_any_size_count_what_matches(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_EXACT_COUNT", 0)
    for name in RECORD_TYPES:
        for filters in ("", "changed_since=0", "q=kanoos", "article=foltyn-us-iran-isis-2020"):
            path = f"/v1/{name}?limit=1&{filters}"
            assert body(services[0], path)["meta"] == body(services[1], f"{path}&count=exact")["meta"], path


def test_ogc_counts_what_matches_at_any_size(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, filters in (
        ("incidents", "datetime=2019-04-19"),
        ("incidents", "bbox=43,34,45,36"),
        ("places", "id=iraq"),
    ):
        path = f"/ogc/collections/{name}/items?limit=1&{filters}"
        expected = body(services[1], path)["numberMatched"]
        with monkeypatch.context() as patch:
            patch.setattr(collections, "MAX_EXACT_COUNT", 0)
            assert body(services[0], path)["numberMatched"] == expected, path


@pytest.mark.heavy
@pytest.mark.parametrize("filters", FILTERS + MORE_FILTERS)
def test_every_filter_finds_the_same(services: Services, filters: str) -> None:
    facets = "place,place_role,place_certainty,actor,actor_role,actor_certainty,month"
    for name in ("incidents", "casualties"):
        agree(services, f"/v1/facets?of={name}&facet={facets}&{filters}")
        agree(services, f"/v1/{name}?limit=1&count=exact&{filters}")


@pytest.mark.parametrize("by", GROUPINGS)
def test_sums_are_the_same(services: Services, by: str) -> None:
    agree(services, "/v1/casualties/summary?", group_by=by)


@pytest.mark.heavy
def test_sums_of_filtered_claims_are_the_same(services: Services, fuzz_seed: int) -> None:
    rng = random.Random(fuzz_seed)
    for filters in FILTERS + MORE_FILTERS:
        by = ",".join(rng.sample(GROUPINGS, 2))
        agree(services, f"/v1/casualties/summary?group_by={by}&limit={rng.choice((2, 100))}&{filters}")
        agree(services, f"/v1/incidents?totals=true&limit=1&{filters}")
        facets = by.replace("day", "year")  # of days there may be too many
        agree(services, f"/v1/facets?of=casualties&sums=true&facet={facets}&facet_limit=3&{filters}")


@pytest.mark.heavy
@pytest.mark.parametrize("filters", INTERVALS)
def test_timelines_of_an_interval_are_the_same(services: Services, filters: str) -> None:
    for name in ("incidents", "casualties", "quotes"):
        only = filters if name == "incidents" else filters.partition("&")[0]
        agree(services, f"/v1/facets?of={name}&facet=month,year,decade&{only}")


@pytest.mark.heavy
def test_every_filter_of_other_lists_finds_the_same(services: Services) -> None:
    for name, facet, filters in [*LISTS, *OTHER_LISTS]:
        agree(services, f"/v1/facets?of={name}&facet={facet}&{filters}")


VALUES = {
    "bbox": "42.5,34.5,45,36.5",
    "near": "43.4,35.3",
    "datetime": "2019",
    "any_harm": "certain",
    **dict.fromkeys(("has_location", "contested", "named", "attributed", "counted"), "true"),
}
"""Of filters that take neither ids nor values of a vocabulary."""


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_filter_but_words_and_external_ids_is_looked_up_in_arrays(name: str) -> None:
    """Those have indexes of their own; any other would go through all records in SQL."""
    record_type = RECORD_TYPES[name]
    model = filters_under(record_type.filters, shipped())
    for parameter in conditions_of(model).keys() - {"q", "same_as"}:
        vocabulary = record_type.vocabulary(parameter.removeprefix("not."))
        value = shipped().values(vocabulary)[0] if vocabulary else VALUES.get(parameter, "1")
        is_list = "list[" in str(model.model_fields[parameter].annotation)
        (condition,) = record_type.conditions(model.model_validate({parameter: [value] if is_list else value}))
        assert condition.criterion is not None, parameter
        for axis in AXES:
            assert all(one.criterion or one.either for one in not_judged([condition], axis) or []), (parameter, axis)


@pytest.mark.heavy
def test_random_filters_find_the_same(services: Services, fuzz_seed: int) -> None:
    """Any two filters of a list, with values that its facets have."""
    rng = random.Random(fuzz_seed)
    values: dict[str, list[str]] = {}
    for name in ("incidents", "casualties", "quotes"):
        counted = agree(services, "/v1/facets?", of=name, **every_facet(name), facet_limit="500")["data"]
        filters = RECORD_TYPES[name].filters.model_fields
        values[name] = [
            f"{prefix}{facet}={bucket['value']}"
            for facet, counts in counted.items()
            for bucket in counts["buckets"]
            for prefix in ("", "not.")
            if f"{prefix}{facet}" in filters
        ]
    for _ in range(60):
        name = rng.choice(list(values))
        first, second = rng.sample(values[name], 2)
        if first.partition("=")[0] != second.partition("=")[0] or first.startswith("not."):
            agree(services, f"/v1/facets?of={name}&facet=kind&{first}&{second}")


@pytest.mark.heavy
def test_counts_are_right_after_every_kind_of_release(
    new_database: NewDatabase, tmp_path: Path, fuzz_seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Blocks are patched from release to release, and never read anew."""
    rng, desk, url = random.Random(fuzz_seed), Desk(), new_database()
    load_seed(url, sample.write(desk.files, tmp_path / "first"))
    with both_ways(url) as services:
        for number, step in enumerate([*STEPS, *rng.choices(list(STEPS), k=12)]):
            desk.take(step, rng.randrange(100), rng.randrange(100))
            load_seed(url, sample.write(desk.files, tmp_path / str(number)))
            desk.published({})
            for name in ("incidents", "casualties", "places", "people", "organizations", "quotes"):
                agree(services, "/v1/facets?", of=name, **every_facet(name), facet_limit="500")
            agree(services, "/v1/casualties/summary?group_by=place,person")
            agree(services, "/v1/facets?of=casualties&facet=incident&place=ash-county&not.kind=killing")
    assert not caplog.records, "stored counts were not those of a release"


def _damage(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE count_blocks SET checksum = checksum + 1 WHERE type = 'incidents'",
        "DELETE FROM count_blocks WHERE type = 'incidents'",
        "UPDATE count_blocks SET checksum = checksum + 1 WHERE type = ''",
    ],
    ids=["damaged", "missing", "of another release"],
)
def test_stored_counts_that_are_not_the_releases_are_made_anew(
    new_database: NewDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    _damage(url, damage)
    with both_ways(url) as services, caplog.at_level(logging.WARNING):
        agree(services, "/v1/facets?", of="incidents", **every_facet("incidents"))
    assert "The stored counts of incidents are not those of the release" in caplog.text


def test_what_is_counted_by_something_else_is_told_apart() -> None:
    """Of stored counts and files that older code made, nothing is read."""
    counted = COUNTED_TYPES["casualties"]
    fewer = {**COUNTED_TYPES, "casualties": replace(counted, columns=counted.columns[1:])}
    assert signature(fewer) != signature(COUNTED_TYPES) == signature(dict(COUNTED_TYPES))


def test_positions_of_few_numbers_among_many() -> None:
    """Stored numbers are of the smallest type that holds them."""
    many = {"one": np.array([3, 300], np.uint32), "other": np.array([70_000], np.uint32)}
    for numbers, positions in (([0, 3, 4], [0, 1, 0]), ([300, 70_000, 70_001], [2, 3, 0]), ([], [])):
        assert positions_of(smallest(np.array(numbers, np.int64)), many).tolist() == positions


@pytest.mark.heavy
def test_short_columns_are_compared_with_records_beyond_what_their_type_holds(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """Few statements are by few people, whose numbers fit a byte; others are asked for."""
    desk, url = Desk(), new_database()
    for number in range(300):
        desk.add_person(number, number)
    load_seed(url, sample.write(desk.files, tmp_path))
    last = [one["id"] for one in desk.files["people.yaml"][-2:]]
    with both_ways(url) as services:
        for name, by in (("statements", "by"), ("quotes", "speaker")):
            asked = "&".join(f"{by}={one}" for one in (*last, "ida-falk"))
            agree(services, f"/v1/facets?of={name}&facet={by}&{asked}")


def test_damaged_files_are_made_anew(
    new_database: NewDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path))
    with serving(url, cache_bytes=0) as first, both_ways(url) as services:
        path = "/v1/facets?of=incidents&facet=place,kind"
        wanted = agree((first, services[1]), path)
        directory = state(first).directory.path / "counts"
        for file in directory.glob("incidents@*/*.npy"):
            file.write_bytes(file.read_bytes()[:-1] + b"?")
        assert agree(services, path) == wanted
    assert "damaged and made anew" in caplog.text


def _groups(directory: Path) -> dict[str, str]:
    """What is kept, and which version of it."""
    return dict(path.name.split("@") for path in directory.glob("counts-*/*@*"))


@pytest.mark.heavy
def test_a_release_leaves_the_files_of_what_it_does_not_change(new_database: NewDatabase, tmp_path: Path) -> None:
    url, kept, files = new_database(), tmp_path / "kept", sample.small()
    load_seed(url, sample.write(files, tmp_path / "first"))
    asked = "/v1/facets?of=incidents&facet=kind,place,actor,month"

    def ask() -> dict[str, str]:
        with serving(url, cache_bytes=0, cache_dir=kept) as in_arrays, serving(url, cache_bytes=0) as in_sql:
            state(in_sql).reader.database.archives = None
            agree((in_arrays, in_sql), asked)
        return _groups(kept)

    first = ask()
    assert ask() == first, "files are not kept for the next worker"
    incident = sample.record(files, sample.INCIDENTS, "ferry-shooting")
    incident["title"] = "Told in other words"
    load_seed(url, sample.write(files, tmp_path / "title"))
    assert ask() == first, "a title is nothing to count by"
    incident["kind"] = "explosion"
    load_seed(url, sample.write(files, tmp_path / "kind"))
    changed = ask()
    assert {name for name in first if changed[name] != first[name]} == {"incidents"}
    sample.record(files, "places.yaml", "orsa")["parents"] = []
    load_seed(url, sample.write(files, tmp_path / "containment"))
    assert {name for name, version in ask().items() if changed[name] != version} >= {"places", "places.containers"}
