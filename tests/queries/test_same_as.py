"""Records have the ids that other registers have for them, and link to these."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.release.loading import dossier
from app.model.external_ids import IDENTIFIED, REGISTERS, external_id_mistake
from app.settings import SEED
from tests import extended_sample, sample
from tests.answers import body, problem
from tests.conftest import NewDatabase, load_seed, serving


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    load_seed(url := new_database(), sample.write(extended_sample.extended(), tmp_path_factory.mktemp("same")))
    with serving(url) as service:
        yield service


def test_each_links_to_its_register_where_that_has_addresses(desk: TestClient) -> None:
    def same_as(url: str) -> Any:
        return [(one["curie"], one["uri"]) for one in body(desk, url)["data"]["same_as"]]

    assert same_as("/v1/places/orsa") == [
        ("wikidata:Q100001", "http://www.wikidata.org/entity/Q100001"),
        ("geonames:100002", "https://sws.geonames.org/100002/"),
    ]
    assert same_as("/v1/organizations/night-patrol")[1] == ("ucdp:100005", "https://ucdp.uu.se/actor/100005")
    assert same_as("/v1/incidents/ferry-shooting") == [("ucdp:100007", None), ("acled:ASH100008", None)]
    assert same_as("/v1/people/jon-berg") == []


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("Q42", "taken are wikidata:Q796"),
        ("wikidata:q42", "an id of Wikidata is written like wikidata:Q796"),
        ("http://www.wikidata.org/entity/Q42", "taken are"),
    ],
)
def test_what_is_no_external_id_is_refused(desk: TestClient, value: str, detail: str) -> None:
    (error,) = problem(desk, f"/v1/places?same_as={value}")["errors"]
    assert error["parameter"] == "same_as"
    assert detail in error["detail"]


def test_examples_of_registers_are_ids_of_theirs() -> None:
    for prefix, register in REGISTERS.items():
        assert set(register.addresses) <= set(IDENTIFIED)
        for resource in register.addresses:
            assert external_id_mistake(f"{prefix}:{register.example}", resource) is None


def test_the_shipped_article_has_none() -> None:
    """They would come from elsewhere than the reporting."""
    shipped = dossier(SEED)
    assert not [one for name in IDENTIFIED for one in shipped.records(name).values() if one.seed.same_as]
