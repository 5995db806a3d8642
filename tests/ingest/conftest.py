"""Fixtures of the tests that load seed files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.desk import Desk


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    found = Desk(database_url, tmp_path / "seed")
    yield found
    found.database.close()
