"""`/v1/cite`: how to cite a record or a list, so that whoever follows the citation finds what was there."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.api.answers.citations import Citation, cite, target_of
from app.api.links import address
from app.api.pages import JsonBody
from app.api.parameters.parsing import openapi_parameters, parse, release_number
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.routes.representations import CITATION_FORMATS, public_url
from app.api.schemas.envelopes import DetailMeta
from app.api.schemas.link_envelopes import PermanentLinks
from app.model.compact_json import dump_json
from app.model.documents.shared import Day
from app.problems import BadParameter
from app.queries.values import RELEASE

_MAX_URL = 4000


class CiteParameters(BaseModel):
    """What is to be cited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        min_length=1,
        max_length=_MAX_URL,
        description="The address of a record or a list, or of its page: whole, or the path with its parameters. With "
        "`release` it is cited as it was then, else as it is in the newest release.",
        examples=["/v1/incidents/kanoos-island-raid"],
    )


class CslItem(BaseModel):
    """An item of CSL-JSON, as Zotero, pandoc and citeproc take it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": True})

    id: str
    type: str = Field(examples=["dataset"])


class CitationDocument(BaseModel):
    """How to cite it, and what every style is made of."""

    title: str = Field(description="The record's title or name; of a list its name and its filters.")
    authors: list[str] = Field(description="Who wrote the articles that it rests on (20 articles at most).")
    publishers: list[str] = Field(description="Who published them.")
    articles: list[str] = Field(description="Their ids.")
    release: int = Field(description="The release that is cited.")
    date: Day = Field(description="The day on which it was loaded.")
    digest: str = Field(description="The SHA-256 of the record or, for a list, of the release.")
    url: str = Field(description="Where this answer stays, whatever later releases change.")
    csl: CslItem
    bibtex: str
    text: str = Field(description="A line to be copied.")


class CitationLinks(PermanentLinks):
    """Root-relative links."""

    bib: str = Field(description="The same as BibTeX alone.")
    csl_json: str = Field(description="The same as CSL-JSON alone.")
    txt: str = Field(description="The line of text alone.")


class CitationAnswer(BaseModel):
    """How to cite a record or a list."""

    data: CitationDocument
    links: CitationLinks
    meta: DetailMeta


router = APIRouter(prefix="/v1", tags=["citing"])
_PARAMETERS = {"parameters": openapi_parameters(CiteParameters, {})}
_PROBLEMS = problems(308, 400, 410, 503)


@router.get(
    "/cite",
    summary="Cite a record or a list",
    response_model=CitationAnswer,
    responses=_PROBLEMS,
    openapi_extra=_PARAMETERS,
)
async def get_citation(request: Request) -> Response:
    """A citation of what `url` leads to, in one release: title, authors and publishers of the articles behind it,
    release, date, digest and the address at which it stays, whatever later releases correct.

    `.bib`, `.csl.json` and `.txt` behind the path are BibTeX, CSL-JSON and a line of text alone. What was taken out of
    a release (`redacted`) is gone from its citation, too.
    """
    citation = await _citation(request)
    items = request.query_params.multi_items()
    links = {suffix[1:].replace(".", "_"): address(f"/v1/cite{suffix}", items) for suffix in CITATION_FORMATS}
    pinned = {"permanent": address("/v1/cite", [("url", citation.url)])}
    data = {
        name: getattr(citation, name)
        for name in ("title", "authors", "publishers", "articles", "release", "date", "digest", "url")
    }
    data |= {"csl": citation.csl(), "bibtex": citation.bibtex(), "text": citation.text()}
    body = {
        "data": data,
        "links": {"self": address("/v1/cite", items), **pinned, **links},
        "meta": {"release": citation.release},
    }
    return json_response(JsonBody(dump_json(body).encode(), citation.release))


async def _citation(request: Request) -> Citation:
    """Returns the citation that a request asks for."""
    parameters = parse(CiteParameters, request.query_params.multi_items(), {})
    base = public_url(request)
    try:
        target = target_of(parameters.url, base)
        pinned = None if target.release is None else release_number(target.release)
        return await reader(request, pinned).read(partial(cite, target=target, base=base))
    except BadParameter as error:
        wrong = error.errors[0]
        if wrong.parameter == RELEASE:  # which names the newest itself
            raise BadParameter.of("url", f"Parameter 'url' cannot be answered: {wrong.detail}") from error
        newest = await request.app.state.reader.newest()
        told = f"{wrong.detail} The newest release is {newest.number}."
        raise BadParameter.of("url", told, wrong.suggestion) from error


def _add(suffix: str, title: str, write: Any) -> None:
    media_type = CITATION_FORMATS[suffix]

    async def handler(request: Request) -> Response:
        citation = await _citation(request)
        headers = {"Dateline-Release": str(citation.release)}
        return Response(write(citation), media_type=media_type, headers=headers)

    router.get(
        f"/cite{suffix}",
        name=f"cite_as_{suffix[1:].partition('.')[0]}",
        summary=f"Cite a record or a list ({title})",
        description=f"What `/v1/cite` says, as {title} alone.",
        response_class=Response,
        responses={200: {"content": {media_type: {}}}, **_PROBLEMS},
        openapi_extra=_PARAMETERS,
    )(handler)


_add(".bib", "BibTeX", Citation.bibtex)
_add(".csl.json", "CSL-JSON", lambda citation: dump_json([citation.csl()]))
_add(".txt", "a line of text", lambda citation: citation.text() + "\n")
