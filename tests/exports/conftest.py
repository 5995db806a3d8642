"""Fixtures of the tests of files."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, so that a test sees what is left."""
    actual = tmp_path / "temporary"
    actual.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(actual))
    return actual
