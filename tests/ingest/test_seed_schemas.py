"""The JSON Schemas of seed files and the reference of the format, both made from the models and the codebook."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from starlette.testclient import TestClient

from app.api.routes.pages import SEED_REFERENCE
from app.ingest.building.pipeline import dossier
from app.ingest.editing.anchoring import anchor
from app.ingest.editing.examples import EXAMPLE_ARTICLE, SECOND_EXAMPLE_ARTICLE, example_file
from app.ingest.editing.seed_reference import RecordModel, SeedReference, seed_reference
from app.ingest.editing.seed_schemas import seed_schemas
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS
from app.model.codebook import shipped
from app.settings import SEED


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    return seed_schemas(shipped())


@pytest.fixture(scope="module")
def reference() -> SeedReference:
    return seed_reference()


class _Text(yaml.CSafeLoader):
    """Reads days as text, as YAML 1.2 does, which editors go by."""


_Text.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def mistakes(schema: dict[str, Any], content: str) -> list[str]:
    plain = _without_patterns(schema)  # these are of JavaScript, which `test_schemas_in_editors.py` looks at
    return [error.message for error in Draft7Validator(plain).iter_errors(yaml.load(content, _Text))]


def _without_patterns(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_patterns(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_patterns(one) for key, one in schema.items() if not (key == "pattern" and "\\p" in str(one))}


@pytest.mark.heavy
def test_the_shipped_seed_and_the_example_are_valid(schemas: dict[str, dict[str, Any]]) -> None:
    for path in sorted(SEED.rglob("*.yaml")):
        assert mistakes(schemas[path.stem], path.read_text("utf-8")) == [], path
    for name, schema in schemas.items():
        Draft7Validator.check_schema(schema)
        assert mistakes(schema, example_file(f"{name}.yaml")) == [], name


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("incidents", "kind: rescue", "kind: resque", "'resque' is not one of"),
        ("incidents", "low: 60", "low: sixty", "'sixty' does not match"),
        ("incidents", "low: 60", "low: -1", "-1 is less than the minimum"),
        ("incidents", "summary:", "sumary:", "'sumary' was unexpected"),
        ("incidents", "    successor: lisk-floods", "    sucessor: x", "'sucessor' was unexpected"),
        ("quotes", "- {field: who, words: said Mara Holt}", "- {field: who}", "'at' is a required property"),
        ("places", "named: true", "named: maybe", "'maybe' is not of type 'boolean'"),
        ("places", "latitude: 54.1234", "latitude: 154", "154 is greater than the maximum"),
        ("people", "id: mara-holt", "id: Mara Holt", "does not match"),
        ("codebook", "incident.kind", "incident.kinds", "'incident.kinds' was unexpected"),
        ("codebook", "meaning:", "meanings:", "'meaning' is a required property"),
    ],
)
def test_mistakes_are_found(schemas: dict[str, dict[str, Any]], file: str, before: str, after: str, told: str) -> None:
    content = example_file(f"{file}.yaml")
    assert before in content
    assert any(told in message for message in mistakes(schemas[file], content.replace(before, after, 1)))


def test_values_have_the_meanings_of_the_codebook(schemas: dict[str, dict[str, Any]]) -> None:
    kind = schemas["incidents"]["$defs"]["IncidentSeed"]["properties"]["kind"]
    assert dict(zip(kind["enum"], kind["enumDescriptions"], strict=True)) == shipped().meanings("incident.kind")


def records(reference: SeedReference) -> list[RecordModel]:
    return [record for file in reference.files for record in file.records] + list(reference.parts)


def test_every_key_has_a_meaning_and_an_example(reference: SeedReference) -> None:
    keys = [(record.name, key) for record in records(reference) for key in record.keys]
    assert len(keys) > 100
    assert [f"{name}.{key.name}" for name, key in keys if not key.meaning.endswith((".", "…"))] == []
    spans = {"at", "sha256", "first", "last", "before", "after", "exact", "article"}
    assert {key.name for _, key in keys if not key.example} <= spans
    assert not any("null" in key.meaning for _, key in keys if key.name != "best")


def test_the_reference_is_served_and_printed_with_all_of_it(reference: SeedReference, client: TestClient) -> None:
    """Where models or the example have changed, `python -m tests.examples` writes what is served."""
    assert json.loads(SEED_REFERENCE.read_bytes()) == json.loads(json.dumps(asdict(reference)))
    page, printed = client.get("/docs/seed"), reference.markdown(shipped())
    assert page.status_code == 200
    for record in records(reference):
        for key in record.keys:
            assert f'<td data-label="key">{key.name}</td>' in page.text
            assert f"| `{key.name}` |" in printed
    for name, vocabulary in shipped().vocabularies.items():
        assert f'<details id="{name}">' in page.text
        assert f"### {name}" in printed
        assert all(f"* `{value}`: {one.meaning}" in printed for value, one in vocabulary.values.items())
    titles = {rule.title for rule in reference.rules}
    assert titles >= {"Claims and bounds", "Harms", "Locations", "Fragments", "Removals and merges", "JSON Lines"}
    assert titles >= {"Big imports", "Evidence"}
    assert all(f"<dt>{title}</dt>" in page.text and f"* **{title}.**" in printed for title in titles)
    assert 'href="/docs/seed"' in client.get("/docs").text


def test_values_that_a_seed_adds_are_known(tmp_path: Any) -> None:
    from app.ingest.seed.codebooks import read_codebook

    (tmp_path / "codebook.yaml").write_text(example_file("codebook.yaml"), "utf-8")
    codebook = read_codebook(tmp_path, [])
    kind = seed_schemas(codebook)["incidents"]["$defs"]["IncidentSeed"]["properties"]["kind"]
    assert "dam_failure" in kind["enum"]
    assert "* `dam_failure`: a dam, lock or dyke gives way" in seed_reference().markdown(codebook)


def test_spans_are_written_by_their_words(reference: SeedReference) -> None:
    evidence = next(part for part in reference.parts if part.name == "Evidence")
    assert {key.name for key in evidence.keys if key.needed} == {"words", "field"}
    assert [key.name for key in evidence.keys][:2] == ["words", "paragraph"]


def test_the_examples_are_of_one_article_and_of_a_second_that_adds_to_it(
    tmp_path: Path, reference: SeedReference
) -> None:
    """The second is written by its words, anchored and checked with the first."""
    texts = []
    for article, folder in ((EXAMPLE_ARTICLE, ""), (SECOND_EXAMPLE_ARTICLE, "second_article/")):
        own = tmp_path / "seed" / "articles" / article
        own.mkdir(parents=True)
        text = tmp_path / f"{article}.txt"
        text.write_text(example_file(f"{folder}text.txt"), "utf-8")
        texts.append(ArticleFile(text, article))
        for name in ("article", *(BY_ARTICLE if not folder else ["incidents"])):
            (own / f"{name}.yaml").write_text(example_file(f"{folder}{name}.yaml"), "utf-8")
    for name in SHARED_MODELS:
        shared = example_file(f"{name}.yaml").replace("field: ", f"article: {EXAMPLE_ARTICLE}, field: ")
        shared = shared.replace(f"article: {EXAMPLE_ARTICLE}, words", "words")
        (tmp_path / "seed" / f"{name}.yaml").write_text(shared, "utf-8")
    anchor(tmp_path / "seed", texts)
    claim = dossier(tmp_path / "seed").casualties["lock-dead-by-the-court"]
    assert (claim.incident, claim.article) == ("lock-gate-collapse", SECOND_EXAMPLE_ARTICLE)
    incidents = next(file for file in reference.files if file.name == "incidents.yaml")
    assert example_file("second_article/incidents.yaml") in incidents.example
