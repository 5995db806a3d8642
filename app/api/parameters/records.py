"""What the JSON of records takes beside filters: which keys of them, and of what they include, and in which form."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, Field, create_model
from starlette.requests import Request

from app.api.parameters.codebooks import parse_coded
from app.api.parameters.facets import FACET_PARAMETERS, check_zoom, exceptions
from app.api.parameters.parsing import without_parameters
from app.model.codebook import Codebook
from app.model.partial_documents import (
    EVIDENCE,
    EVIDENCE_DESCRIPTION,
    EvidenceForm,
    Keys,
    is_of_evidence,
    keys_of,
    paths_of,
)
from app.problems import BadParameter, ParameterError, types
from app.queries.filters import Listing
from app.queries.values import Flag, IncludedFields
from app.records import RECORD_TYPES
from app.records.casualty_sums import SUMMED
from app.records.included import includable_lists, include_paths, included_lists

_FACETS = (
    "Also count everything that matches by these facets, in the member `facets`: what `/v1/facets` answers for the "
    "same filters; joined by commas. `meta.matched` and `meta.not_judged` are "
    "counted then, however many records there are. On further pages it may be left out, and must not be another."
)
_TOTALS = (
    "Also add up, in the member `totals`, the claims that match, or those about the incidents that match: what "
    "`/v1/casualties/summary` answers as `totals`; `meta.method` has the rule. On incidents, filters that both lists "
    "have (`q`, `article`, `changed_since`, `id`, bounds of harm) choose the incidents here, and there the claims. "
    "Counts and further pages: as for `facets`."
)

M = TypeVar("M", bound=BaseModel)


class Parts(NamedTuple):
    """The parts of records that an answer has: the keys of its records (None: all) and of those that it includes, by
    list; and what its member `fields` says of the former."""

    keys: Keys | None
    included: Mapping[str, Keys]
    fields: list[str]


def included_fields(name: str) -> str:
    """Returns the parameter for the keys of included records of a list, as JSON:API writes it."""
    return f"fields[{name}]"


@cache
def record_model(model: type[M], resource: str) -> type[M]:
    """Returns a query model with the parameters that shape records added."""
    shaping: dict[str, Any] = {"evidence": (EvidenceForm, Field("full", description=EVIDENCE_DESCRIPTION))}
    for name in includable_lists(resource):
        shaping[included_fields(name)] = (IncludedFields, Field(default_factory=list))
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **shaping)


@cache
def list_model(resource: str) -> type[Listing]:
    """Returns the query model of a list in JSON: its filters, and what it also counts."""
    counting: dict[str, Any] = {
        "facets": (list[str], Field(default_factory=list, description=_FACETS)),
        **FACET_PARAMETERS,
    }
    if resource in SUMMED:
        counting["totals"] = (Flag, Field(False, description=_TOTALS))
    filters = RECORD_TYPES[resource].filters
    return create_model(filters.__name__, __base__=filters, __doc__=filters.__doc__, **counting)


@lru_cache(maxsize=64)
def record_choices(resource: str, codebook: Codebook) -> Mapping[str, tuple[str, ...]]:
    """Returns the values of the parameters that take keys or lists."""
    paths = include_paths(resource)
    return {
        "fields": paths_of(resource, codebook),
        "include": paths,
        "facets": tuple(RECORD_TYPES[resource].facets),
        "facet_except": exceptions(RECORD_TYPES[resource].filters, codebook),
        **{included_fields(name): paths_of(name, codebook) for name in includable_lists(resource)},
    }


async def parse_record_query(request: Request, model: type[M], resource: str, items: Sequence[tuple[str, str]]) -> M:
    """Parses the query of records. Raises BadParameter also for parameters that have nothing to shape."""
    shaped: type[M] = record_model(model, resource)
    if not items:
        empty: M = without_parameters(shaped)
        return empty
    filters = await parse_coded(request, shaped, items, partial(record_choices, resource))
    if errors := [*_without_include(filters, resource), *_evidence_named(filters, resource)]:
        raise BadParameter(errors)
    if hasattr(filters, "facets"):
        check_zoom(filters, filters.facets)
    return filters


def parts_of(filters: Any, resource: str, codebook: Codebook) -> Parts | None:
    """Returns the parts that a parsed query asks for; None for whole records."""
    evidence: EvidenceForm = getattr(filters, "evidence", "full")
    keys = keys_of(resource, codebook, tuple(filters.fields), evidence)
    included = {
        name: its_keys
        for name in included_lists(filters.include)
        if (its_keys := keys_of(name, codebook, tuple(getattr(filters, included_fields(name), ())), evidence))
        is not None
    }
    if keys is None and not included:
        return None
    top_level = [path for path in paths_of(resource, codebook) if "." not in path] if keys is None else list(keys)
    return Parts(keys, included, filters.fields or top_level)


def _without_include(filters: Any, resource: str) -> Iterator[ParameterError]:
    included = included_lists(filters.include)
    for name in includable_lists(resource):
        parameter = included_fields(name)
        if getattr(filters, parameter) and name not in included:
            own = "fields" if name == resource else None
            hint = "; the keys of the records themselves are chosen by `fields`" if own else ""
            detail = f"Parameter '{parameter}' goes with include={name}{hint}."
            yield ParameterError(type=types.MISSING_PARAMETER.uri, parameter=parameter, detail=detail, suggestion=own)


def _evidence_named(filters: Any, resource: str) -> Iterator[ParameterError]:
    if filters.evidence == "full":
        return
    yield from evidence_errors("fields", {path: path for path in filters.fields}, filters.evidence)
    for name in includable_lists(resource):
        paths = {path: path for path in getattr(filters, included_fields(name))}
        yield from evidence_errors(included_fields(name), paths, filters.evidence)


def evidence_errors(parameter: str, paths: Mapping[str, str], evidence: EvidenceForm) -> Iterator[ParameterError]:
    """Yields an error for each name whose path is not there in this form of the evidence: all of it has to be there, or
    to be counted as a whole."""
    for name, path in paths.items() if evidence != "full" else ():
        is_whole = name.rpartition(".")[2] == EVIDENCE
        if is_of_evidence(path) and not (is_whole and evidence == "count"):
            detail = f"Parameter '{parameter}': {name} goes with evidence=full."
            yield ParameterError(type=types.BAD_VALUE.uri, parameter=parameter, detail=detail, suggestion=None)
