"""The codebook: every value of every vocabulary has a meaning, and it is the one that the service tells."""

from enum import StrEnum

import pytest
from starlette.testclient import TestClient

from app.model import codebook
from app.model.codebook import CODEBOOK, meanings


@pytest.mark.parametrize("name", CODEBOOK)
def test_every_value_has_its_line(name: str) -> None:
    purpose, entries = meanings(CODEBOOK[name])
    assert purpose.endswith((".", ";"))
    assert list(entries) == [member.value for member in CODEBOOK[name]]
    assert all(meaning.strip() for meaning in entries.values())
    assert len(set(entries.values())) == len(entries)


def test_every_vocabulary_is_in_the_codebook() -> None:
    vocabularies = {one for one in vars(codebook).values() if isinstance(one, type) and issubclass(one, StrEnum)}
    assert vocabularies - {StrEnum} == set(CODEBOOK.values())


def test_names_are_their_values_in_capitals() -> None:
    for vocabulary in CODEBOOK.values():
        assert all(member.name == member.value.upper() for member in vocabulary)


def test_the_service_tells_the_same(client: TestClient) -> None:
    text = client.get("/v1/codebook").text
    for vocabulary in CODEBOOK.values():
        purpose, entries = meanings(vocabulary)
        assert all(f'"{value}"' in text and meaning in text for value, meaning in entries.items())
        assert purpose in text.replace("\\n", "\n")
