"""Record types: each is one declaration, and what is generic knows no type by name."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from app.api.parameters.parsing import REQUIRED_COMPANIONS
from app.model.documents import DOCUMENTS, TypeName
from app.queries.filters import Refines, conditions_of
from app.records import BY_TYPE, RECORD_TYPES
from app.search.entry_numbers import MAX_CODE

APP = Path(__file__).parent.parent.parent / "app"

PRESENTATION = {"limit", "cursor", "sort", "count", "fields", "include", "lang", "release"}

MAY_NAME_TYPES = {
    "records": "where types are declared",
    "model/documents": "each type's document; `type` is a literal in OpenAPI",
    "api/answers/changelog.py": "`document` is a key and a value of `include`: a record as it is served",
    "api/routes/changes.py": "the same",
    "api/answers/change_stream.py": "the same",
    "api/routes/change_stream.py": "the same",
    "api/answers/histories.py": "the same",
    "api/answers/comparisons.py": "the same",
    "api/answers/corrections.py": "the same; and corrections are asked for by `incident`",
    "api/routes/comparisons.py": "the same",
    "queries/changes.py": "the same",
    "exports/datasets/source_records.py": "the same: the column of it",
    "storage/registry.py": "the same",
    "model/external_ids.py": "what each register is about",
    "storage/models.py": "the tables",
    "storage/speech_models.py": "the tables of what was said",
    "ingest": "each type's own seed, and how it becomes documents and rows",
    "importing": "what tables and annotations of others become: seed files of each type",
    "commands/seed_folders.py": "`articles` is the folder by which seed files are known",
    "queries/values.py": "which types the ids in a parameter belong to",
    "queries/conditions.py": "`casualties` is what some filters cannot judge a record by",
    "queries/facets.py": "every type but articles is counted by article",
    "exports/datasets/tables.py": "the order of the tables in the files, and the table that two types share",
    "exports/datasets/views.py": "a view of incidents for people",
    "exports/datasets/citation.py": "`article` is a type of CITATION.cff",
    "exports/linked_data": "`article` is a key of evidence",
    "exports/vector_tiles.py": "the layer of tiles that incidents are in",
    "reconciliation": "which types have names to match, and the properties of each",
    "api/suggestions/other_apis.py": "what other APIs call our lists and parameters",
    "api/routes/summary.py": "sums of claims: `group_by` takes these words",
    "api/counting/sum_method.py": "the same",
    "api/counting/claim_sums.py": "claims are summed by their incidents",
    "api/counting/count_tables.py": "an example of a facet's list",
    "api/parameters/facets.py": "`article` is a filter",
    "api/routes/evidence.py": "the evidence of an article stands below it",
    "api/routes/front.py": "the pages for people show incidents with what belongs to them",
    "api/routes/record_pages.py": "the same",
    "api/site": "the same",
    "api/routes/cite.py": "`articles` is a key of citations: what a cited record rests on",
    "api/discovery/catalogs.py": "the data's extent is that of its incidents",
    "api/parameters/parsing.py": "`place` is a filter",
    "api/routes/facets.py": "examples in OpenAPI",
    "api/routes/index.py": "an example in OpenAPI",
    "api/routes/pictures.py": "pictures of articles are made before they are asked for",
    "api/routes/reconciliation.py": "examples in OpenAPI",
    "api/routes/tiles.py": "the same",
    "model/references.py": "`article` is a key of evidence",
}
"""Files and rooms that name a type, each with the reason."""


def names_in(path: Path) -> set[str]:
    """The names of types that stand in a file as text."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return constants & {*RECORD_TYPES, *BY_TYPE}


def test_generic_code_names_no_type() -> None:
    naming = {str(path.relative_to(APP)): names for path in sorted(APP.rglob("*.py")) if (names := names_in(path))}
    generic = {file: names for file, names in naming.items() if not any(file.startswith(one) for one in MAY_NAME_TYPES)}
    assert not generic, "read it from RECORD_TYPES, or make it a property of RecordType with a name"
    needless = {one for one in MAY_NAME_TYPES if not any(file.startswith(one) for file in naming)}
    assert not needless, "these name no type any more: delete the line"


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_filter_has_a_condition_or_refines_one_that_has(name: str) -> None:
    filters = RECORD_TYPES[name].filters
    conditions = conditions_of(filters)
    for parameter, field in filters.model_fields.items():
        refined = [one for one in field.metadata if isinstance(one, Refines)]
        if parameter in PRESENTATION:
            assert parameter not in conditions
            assert not refined
        else:
            assert (parameter in conditions) != bool(refined), (
                f"{parameter}: write Annotated[…, Where(…)] or refines(…)"
            )
            assert {other for one in refined for other in one.filters} <= conditions.keys()


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_what_has_no_effect_alone_is_refused_without_its_companion(name: str) -> None:
    for parameter, field in RECORD_TYPES[name].filters.model_fields.items():
        for one in field.metadata:
            if isinstance(one, Refines):
                assert (parameter in REQUIRED_COMPANIONS) is not one.alone
                assert one.alone or set(one.filters) <= set(REQUIRED_COMPANIONS[parameter])


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_sort_has_its_column(name: str) -> None:
    record_type = RECORD_TYPES[name]
    keys = get_args(get_args(record_type.filters.model_fields["sort"].annotation)[0])
    assert set(keys) == {f"{sign}{key}" for key in record_type.sorts for sign in ("", "-")}
    assert record_type.default_sort in keys
    for behind in record_type.sorts.values():
        table, column = (record_type.table, behind) if isinstance(behind, str) else (behind.table, behind.number)
        assert hasattr(table, column)


def test_codes_that_are_stored_never_change() -> None:
    """They stand in the numbers of search entries of every database there is."""
    codes = {one.type: one.code for one in RECORD_TYPES.values()}
    first = ("article", "incident", "place", "person", "organization", "quote", "statement", "casualty")
    assert {kind: codes[kind] for kind in first} == {kind: code for code, kind in enumerate(first, 1)}
    assert len(set(codes.values())) == len(codes)
    assert all(0 < code <= MAX_CODE for code in codes.values())


def test_names_of_documents_and_types_agree() -> None:
    assert {name: one.document for name, one in RECORD_TYPES.items()} == DOCUMENTS
    assert set(get_args(TypeName)) == set(BY_TYPE)
    for one in RECORD_TYPES.values():
        assert get_args(one.document.model_fields["type"].annotation) == (one.type,)
        assert set(one.references) | set(one.referring) <= set(RECORD_TYPES)
        for other, parameter in one.referring.items():
            assert parameter in RECORD_TYPES[other].filters.model_fields
