"""`/reconcile`: the Reconciliation Service API, for OpenRefine and other tools that match tables with records."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.requests import Request

from app.api import reconciliation
from app.api.html_pages import STRICT, page_headers, render
from app.api.parameters.parsing import openapi_parameters, parse
from app.api.parameters.request_bodies import read_body
from app.api.reconciliation import V0_2, V1_0, Version
from app.api.routes.problems import problems
from app.api.routes.records import reader
from app.api.routes.representations import public_url
from app.model.compact_json import dump_json
from app.problems import BadParameter, NotFound, types
from app.queries.values import LINE, NoParameters
from app.reconciliation.properties import PROPERTIES
from app.storage.read_kinds import ReadKind
from app.storage.snapshot import Snapshot

router = APIRouter(tags=["reconciliation"])

if TYPE_CHECKING:
    Reconciled = str
else:
    Reconciled = Literal[tuple(PROPERTIES)]

_OF_PAGES = page_headers(STRICT.replace("frame-ancestors 'none'", "frame-ancestors *"))
"""Pages of other origins show a preview in a frame."""
_FORM = "application/x-www-form-urlencoded"
_LINES_TO_SPACES = str.maketrans("\t\r\n", "   ")
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer.", "content": {"application/json": {"schema": {"type": "object"}}}},
    **problems(400, 503),
}


Text = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{LINE}$", "maxLength": 300})]


class Questions(BaseModel):
    """What `/reconcile` takes in its address; by POST the same as a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: str | None = Field(
        None,
        description="A JSON object with a query under each key: `query`, `type`, `limit`, `properties`.",
        examples=['{"q0": {"query": "Kanoos", "type": "places", "limit": 3}}'],
    )
    extend: str | None = Field(
        None,
        description="A JSON object with `ids` and `properties`, the columns of the CSV files.",
        examples=['{"ids": ["places/kanoos-village"], "properties": [{"id": "latitude"}]}'],
    )


class Beginning(BaseModel):
    """What suggestions take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefix: Text = Field("", max_length=300, description="How names begin.", examples=["Kan"])
    cursor: int = Field(0, ge=0, le=0, description="For clients that page: there is one page.")


class OfType(BaseModel):
    """What proposals of properties take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Reconciled = Field("places", description="A list.", examples=["incidents"])
    limit: int | None = Field(None, ge=1, le=1000, description="At most so many.")


class OfRecord(BaseModel):
    """What previews take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text = Field(max_length=300, description="A record's id: list and id.", examples=["places/kanoos-village"])


@router.get(
    "/reconcile",
    summary="Find the records that a table means",
    responses=_ANSWERS,
    openapi_extra={"parameters": openapi_parameters(Questions, {})},
)
async def reconcile(request: Request) -> Response:
    """The Reconciliation Service API 0.2, as OpenRefine speaks it: enter this address as a reconciliation service.

    Without parameters the manifest. `queries` finds places, people and organizations by names, misspelt and
    transliterated ones too, and incidents by `date`, `place`, `lat,lon`, `killed` and `actor`. A score, from 0 to 100,
    is the mean of its `features`; `match` is true where one candidate is likely and stands alone. People without a name
    never match. `extend` gets columns of records that were found. At most 50 queries and 64 kB.
    """
    return await _answer(request, request.query_params.multi_items())


@router.post(
    "/reconcile",
    summary="Find the records that a table means, by a form",
    responses=_ANSWERS,
    openapi_extra={
        "requestBody": {"content": {_FORM: {"schema": Questions.model_json_schema()}}, "required": True},
    },
)
async def reconcile_form(request: Request) -> Response:
    """As by GET, for more queries than fit an address."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadParameter.of("queries", f"Send a form: Content-Type {_FORM}.", type=types.BAD_VALUE)
    return await _answer(request, parse_qsl(await read_body(request, "queries"), keep_blank_values=True))


async def _answer(request: Request, items: Iterable[tuple[str, str]]) -> Response:
    # JSON may be written in lines.
    asked = parse(Questions, ((name, value.translate(_LINES_TO_SPACES)) for name, value in items), {})
    base = public_url(request)
    if asked.queries is not None:
        queries = reconciliation.parse_0_2(asked.queries)
        return await _read(request, partial(reconciliation.answer_0_2, queries=queries))
    if asked.extend is not None:
        extension = reconciliation.parse_extension(asked.extend, "extend")
        return await _read(request, partial(reconciliation.extended, asked=extension, version=V0_2, base=base))
    return await _read(request, lambda _: reconciliation.manifest(V0_2, base), ReadKind.LOOKUP)


@router.get(
    "/reconcile/1.0", name="get_manifest_of_draft", summary="Read the manifest of the 1.0 draft", responses=_ANSWERS
)
async def manifest_1_0(request: Request) -> Response:
    """The draft of version 1.0 of the same API: its manifest."""
    parse(NoParameters, request.query_params.multi_items(), {})
    return await _read(request, lambda _: reconciliation.manifest(V1_0, public_url(request)), ReadKind.LOOKUP)


_QUERIES_1_0 = {
    "type": "object",
    "required": ["queries"],
    "properties": {"queries": {"type": "array", "maxItems": reconciliation.MAX_QUERIES, "items": {"type": "object"}}},
}
_PROPERTY = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
_EXTENSION = {
    "type": "object",
    "required": ["ids", "properties"],
    "properties": {
        "ids": {"type": "array", "maxItems": reconciliation.MAX_IDS, "items": {"type": "string"}},
        "properties": {"type": "array", "items": _PROPERTY},
    },
}


@router.post(
    "/reconcile/1.0/match",
    name="match_by_draft",
    summary="Find the records that a table means, by the 1.0 draft",
    responses=_ANSWERS,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": _QUERIES_1_0}}, "required": True}},
)
async def match_1_0(request: Request) -> Response:
    """As `/reconcile`, in the words of the draft: each query has `conditions` on the name and on properties."""
    queries = reconciliation.parse_1_0(await read_body(request, "queries"))
    return await _read(request, partial(reconciliation.answer_1_0, queries=queries))


@router.post(
    "/reconcile/1.0/extend",
    name="extend_by_draft",
    summary="Get columns of records, by the 1.0 draft",
    responses=_ANSWERS,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": _EXTENSION}}, "required": True}},
)
async def extend_1_0(request: Request) -> Response:
    """Columns of the CSV files for records that were found."""
    extension = reconciliation.parse_extension(await read_body(request, "body"), "body")
    base = public_url(request)
    return await _read(request, partial(reconciliation.extended, asked=extension, version=V1_0, base=base))


def _add_of_both(version: Version, properties: str, by: str) -> None:
    """Adds what both versions have, each below its root. `by` ends the names of its operations."""

    @router.get(
        f"{version.root}/suggest/entity",
        name=f"suggest_entity{by}",
        summary="Suggest records",
        responses=_ANSWERS,
        openapi_extra={"parameters": openapi_parameters(Beginning, {})},
    )
    async def entity(request: Request) -> Response:
        """Places, people and organizations with names that begin so."""
        asked = parse(Beginning, request.query_params.multi_items(), {})
        return await _read(request, partial(reconciliation.suggested_entities, prefix=asked.prefix))

    @router.get(
        f"{version.root}/suggest/property",
        name=f"suggest_property{by}",
        summary="Suggest properties",
        responses=_ANSWERS,
        openapi_extra={"parameters": openapi_parameters(Beginning, {})},
    )
    async def property_(request: Request) -> Response:
        """Properties that queries take."""
        asked = parse(Beginning, request.query_params.multi_items(), {})
        return await _read(request, lambda _: reconciliation.suggested_properties(asked.prefix), ReadKind.LOOKUP)

    @router.get(
        f"{version.root}/suggest/type",
        name=f"suggest_type{by}",
        summary="Suggest types",
        responses=_ANSWERS,
        openapi_extra={"parameters": openapi_parameters(Beginning, {})},
    )
    async def type_(request: Request) -> Response:
        """Types that queries take."""
        asked = parse(Beginning, request.query_params.multi_items(), {})
        return await _read(request, lambda _: reconciliation.suggested_types(asked.prefix), ReadKind.LOOKUP)

    @router.get(
        f"{version.root}{properties}",
        name=f"propose_properties{by}",
        summary="Propose columns",
        responses=_ANSWERS,
        openapi_extra={"parameters": openapi_parameters(OfType, {})},
    )
    async def proposed(request: Request) -> Response:
        """The columns that records of a type can be extended by."""
        asked = parse(OfType, request.query_params.multi_items(), {})
        limit = asked.limit
        return await _read(
            request,
            lambda snapshot: reconciliation.proposed_properties(snapshot.codebook, asked.type, limit),
            ReadKind.LOOKUP,
        )

    @router.get(
        f"{version.root}/preview",
        name=f"preview{by}",
        summary="Preview a record",
        response_class=Response,
        responses={
            200: {
                "description": "A small page.",
                "content": {"text/html": {"schema": {"type": "string"}}},
                "headers": {name: {"schema": {"type": "string", "const": one}} for name, one in _OF_PAGES.items()},
            },
            **problems(400, 404, 503),
        },
        openapi_extra={"parameters": openapi_parameters(OfRecord, {})},
    )
    async def preview(request: Request) -> Response:
        """A small page about a record, for a frame."""
        asked = parse(OfRecord, request.query_params.multi_items(), {})
        shown = await reader(request).read(partial(reconciliation.previewed, id_=asked.id))
        if shown is None:
            raise NotFound(f"There is no record '{asked.id[:60]}'.")
        page = {"title": shown["title"], "description": shown["description"], "note": shown.get("note")}
        url = f"{public_url(request)}{shown['url']}"
        return render("preview.html", 200, {**page, "url": url}, _OF_PAGES)


_add_of_both(V0_2, "/properties", "")
_add_of_both(V1_0, "/extend/propose", "_by_draft")


async def _read(
    request: Request, work: Callable[[Snapshot], dict[str, Any]], kind: ReadKind = ReadKind.SEARCH
) -> Response:
    """Returns what a snapshot says. What needs none belongs to a release like everything else."""
    body = await reader(request).read(work, kind)
    return Response(dump_json(body).encode(), media_type="application/json")
