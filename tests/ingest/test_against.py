"""Seed files against a running service: what `load` would say to its database, found over the public API alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ingest.building.pipeline import no_progress
from app.ingest.editing.against import check_against
from app.ingest.mirrors.source import MirrorError
from app.ingest.seed.reading import DossierError
from tests import sample
from tests.conftest import NewDatabase, create_tables
from tests.ingest.desk import Desk, remove
from tests.ingest.test_mirrors import copy, source
from tests.sample import INCIDENTS, Files, record


@pytest.fixture
def service(desk: Desk) -> Iterator[str]:
    """The address of a service over the desk's database, in which a village was removed."""
    desk.load(with_mill("Mill"))
    files = with_mill("Mill")
    remove(files, "places.yaml", "mill", "a farm, not a village")
    desk.load(files)
    with source(desk.url) as address:
        yield address


def with_mill(name: str) -> Files:
    """The small dossier with another village."""
    files = sample.small()
    files["places.yaml"].append({**record(files, "places.yaml", "orsa"), "id": "mill", "name": name})
    return files


def found(folder: Path, target: str) -> list[str]:
    """What a check refuses, or else what it warns of."""
    try:
        return [str(one) for one in check_against(folder, target, no_progress)]
    except DossierError as error:
        return [f"refused: {one}" for one in error.errors]


def found_alike(desk: Desk, service: str, files: Files) -> list[str]:
    """What a check finds at the service, which is what it finds in the database."""
    sample.write(files, desk.folder)
    told = found(desk.folder, service)
    assert told == found(desk.folder, desk.url)
    return told


@pytest.mark.heavy
def test_a_service_tells_all_that_its_database_does(desk: Desk, service: str) -> None:
    before, files = desk.everything(), with_mill("Lake")
    del files[INCIDENTS][1]
    refused = "\n".join(found_alike(desk, service, files))
    assert "mill: id: this id was that of 'Mill', which release 2 removed; ids are never reused" in refused
    assert "mill-search: the database has this record, the files do not" in refused
    files = sample.small()
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim.update(low="41", high="41")
    (untold,) = found_alike(desk, service, files)
    assert "ferry-dead: low: 'low' was 2 and is 41" in untold
    assert "add `correction:`" in untold
    claim["correction"] = {"date": "2021-10-02", "text": "41 were killed, not two."}
    assert found_alike(desk, service, files) == []
    assert desk.everything() == before


@pytest.mark.heavy
def test_a_mirror_names_where_its_releases_are_loaded(desk: Desk, service: str, new_database: NewDatabase) -> None:
    create_tables(url := new_database())
    copy(service, url)
    with source(url) as address, pytest.raises(MirrorError) as refused:
        check_against(desk.folder, address, no_progress)
    assert str(refused.value) == f"{address} takes no loads, as a mirror: check against {service}."


def test_a_service_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MirrorError) as refused:
        check_against(sample.write(sample.small(), tmp_path), "http://127.0.0.1:9", no_progress)
    assert str(refused.value) == "http://127.0.0.1:9 cannot be reached (Connection refused). Nothing was changed."
