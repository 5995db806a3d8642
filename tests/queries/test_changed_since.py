"""`changed_since`: what later releases changed."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests import extended_sample, sample
from tests.answers import ids, problem
from tests.conftest import load_seed, serving


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/places.csv", "/v1/quotes.atom", "/v1/casualties/summary"])
def test_changed_since_a_release_that_has_not_been_is_an_error(small_client: TestClient, path: str) -> None:
    """Silence would leave a copy behind for ever where the data began anew."""
    refusal = problem(small_client, f"{path}?changed_since=2", 400)
    assert refusal["errors"][0]["parameter"] == "changed_since"
    assert refusal["errors"][0]["suggestion"] == "1"


def test_changed_since_finds_what_later_releases_changed(tmp_path: Path, database_url: str) -> None:
    files = extended_sample.extended()
    load_seed(database_url, sample.write(files, tmp_path))
    sample.record(files, sample.INCIDENTS, "boat-stopped")["title"] = "Boat turned back"
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert ids(client, "/v1/incidents?changed_since=1") == ["boat-stopped"]
        assert ids(client, "/v1/places?changed_since=1") == []
        assert len(ids(client, "/v1/incidents?changed_since=0")) == 4
