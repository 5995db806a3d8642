"""Strict parsing of query strings into filter models, and the same parameters for OpenAPI.

An unknown parameter, an invalid value, or a second value for a parameter that takes one is an error that names the
parameter; nothing is ever ignored. FastAPI's `Query()` models would read the same models, but their errors neither
suggest the nearest name nor list what is taken, which is part of the API's contract, and of `limit=1&limit=2` they
silently take the 2 (tried with FastAPI 0.165).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from app.api.suggestions.parameters import lists_with_key, suggest_parameter, suggest_value
from app.model.codebook import KEYS, Codebook
from app.problems import BadParameter, BadValue, ParameterError, types
from app.queries.derived_filters import NOT
from app.queries.filters import ForEachValue, filters_under
from app.queries.values import RELEASE, Flag

F = TypeVar("F", bound=BaseModel)
Choices = Mapping[str, Sequence[str]]

_SHOULD = re.compile(r"^\w+ should")
"""The beginning of Pydantic's messages: input, string or list should …"""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

REQUIRED_COMPANIONS = {
    "radius_km": ("near",),
    "location_match": ("bbox", "near"),
    "date_match": ("datetime",),
    "place_basis": ("place", "within"),
    **dict.fromkeys(("facet_limit", "facet_sort", "facet_prefix", "facet_except", "z"), ("facets", "facet")),
}
"""Parameters that have no effect without one of these others."""

MAX_VALUES = 100
"""The largest number of different values of a parameter whose schema has no `maxItems`, which counts repeated ones."""

MAX_ERRORS = 20
"""The largest number of errors in one problem response."""


def parse(model: type[F], items: Iterable[tuple[str, str]], choices: Choices, codebook: Codebook | None = None) -> F:
    """Parses a query string. Raises BadParameter with every error in it.

    `choices` holds the values of `fields` and `include`, which depend on the resource's documents. What takes values of
    a vocabulary is parsed by a codebook.
    """
    if codebook is not None:
        model = cast(type[F], filters_under(model, codebook))
    values, errors = _values(model, items, choices)
    for name, allowed in choices.items():
        unknown = [value for value in values.get(name, []) if value not in allowed]
        errors += [invalid_value(name, value, allowed) for value in unknown]
    for name, others in REQUIRED_COMPANIONS.items():
        if name in values and not any(other in values for other in others):
            companions = " or ".join(other for other in others if other in model.model_fields)
            errors.append(_error(name, f"goes with {companions}", kind=types.MISSING_PARAMETER))
    try:
        parsed = model.model_validate(values, context=codebook) if values else without_parameters(model)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)[:MAX_ERRORS]
        errors += [_from_pydantic(mistake, values) for mistake in mistakes]
    if errors:
        raise BadParameter(errors[:MAX_ERRORS])
    return parsed


@cache
def without_parameters(model: type[F]) -> F:
    """Returns what is parsed from an empty query string, for models that need no parameter. Kept, because most records
    are read without parameters."""
    return model.model_validate({})


def _values(
    model: type[BaseModel], items: Iterable[tuple[str, str]], choices: Choices
) -> tuple[dict[str, Any], list[ParameterError]]:
    """Returns the text of each parameter, or the distinct texts of a repeatable one; and the errors found so far."""
    errors: list[ParameterError] = []
    values: dict[str, Any] = {}
    lists: dict[str, list[str]] = {}
    for name, value in items:
        field = model.model_fields.get(name) if choices.get(name, True) else None
        if len(errors) == MAX_ERRORS:
            break
        if field is None:
            errors.append(_unknown_parameter(name, model, choices))
        elif _CONTROL.search(value):
            errors.append(_error(name, "has a control character in it"))
        elif _is_list(field.annotation):
            lists.setdefault(name, []).extend(value.split(",") if name in choices else [value])
        elif name in values:
            errors.append(_error(name, "may stand only once", kind=types.REPEATED_PARAMETER))
        else:
            values[name] = value
    for name, texts in lists.items():
        different = list(dict.fromkeys(texts))
        own_limit = _schema(model)["properties"][name].get("maxItems")
        at_most = own_limit or MAX_VALUES
        values[name] = different[:at_most]
        if len(texts if own_limit else different) > at_most:
            values_ = "values" if own_limit else "different values"
            errors.append(_error(name, f"takes {at_most} {values_} at most", kind=types.TOO_MANY_VALUES))
    return values, errors


def pinned_release(request: Request) -> int | None:
    """Returns the release that a request asks for, None without one. What is no number, is the number of none: 0."""
    if not request.scope["query_string"]:
        return None
    given: str | None = request.query_params.get(RELEASE)
    return None if given is None else release_number(given)


async def refuse_release(request: Request) -> None:
    """Raises BadParameter where a log is asked for as it was at a release: it only grows, and tells of all of them."""
    if RELEASE in request.query_params:
        newest = await request.app.state.reader.newest()
        detail = f"is not taken here: a log tells of all releases up to {newest.number}, the newest; 'since' begins it"
        raise BadParameter([_error(RELEASE, detail, "since", kind=types.UNKNOWN_PARAMETER)])


def release_number(given: str) -> int:
    """Returns the number of the release that a parameter names: 0, which none has, for what is no number."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_list(get_args(annotation)[0])
    return get_origin(annotation) is list


def _accepted(model: type[BaseModel], choices: Choices) -> dict[str, Any]:
    """Returns the accepted parameters: a parameter with an empty list of choices is not accepted."""
    return {name: field for name, field in model.model_fields.items() if choices.get(name, True)}


def _unknown_parameter(name: str, model: type[BaseModel], choices: Choices) -> ParameterError:
    accepted = _accepted(model, choices)
    excluding = tuple(one for one in accepted if one.startswith(NOT))
    if excluding and name.startswith(NOT):
        return _not_excluded(name, accepted, excluding)
    more, suggestion = suggest_parameter(name, () if name in model.model_fields else accepted)
    return ParameterError(
        type=types.UNKNOWN_PARAMETER.uri,
        parameter=truncated(name),
        detail=f"There is no parameter '{truncated(name)}' here{more}.",
        suggestion=suggestion,
        allowed=tuple(accepted),
    )


def _not_excluded(name: str, accepted: Mapping[str, Any], excluding: tuple[str, ...]) -> ParameterError:
    """Returns the error for what nothing can be excluded by, or for a misspelt exclusion."""
    plain = name.removeprefix(NOT)
    nearest = suggest_value(name, plain, [one.removeprefix(NOT) for one in excluding])
    detail, suggestion = f"There is no parameter '{truncated(name)}' here", nearest and NOT + nearest
    if plain in accepted:
        is_flag = accepted[plain].annotation == Flag | None
        why = f": `{plain}=false` says it" if is_flag else f": nothing is excluded by '{plain}'"
        detail, suggestion = detail + why, plain if is_flag else None
    return ParameterError(
        type=types.UNKNOWN_PARAMETER.uri,
        parameter=truncated(name),
        detail=f"{detail}. What can be excluded: {', '.join(excluding)}.",
        suggestion=suggestion,
        allowed=excluding,
    )


def invalid_value(name: str, value: str, allowed: Sequence[str]) -> ParameterError:
    """Returns the error for a value that is none of a closed list."""
    others = lists_with_key(value) if name.partition("[")[0] == "fields" else []
    more = f"; it is a key of {', '.join(others)}" if others else ""
    suggestion = None if others else suggest_value(name, value, allowed)
    return _error(name, f"has no value '{truncated(value)}'{more}", suggestion, allowed=allowed)


def _from_pydantic(mistake: Any, values: dict[str, Any]) -> ParameterError:
    name = str(mistake["loc"][0])
    value = values.get(name)
    if isinstance(value, list) and len(mistake["loc"]) > 1:
        value = value[mistake["loc"][1]]
    context = mistake.get("ctx", {})
    if isinstance(error := context.get("error"), BadValue):
        return _error(name, error.detail, error.suggestion)
    if mistake["type"] == "coded":
        return invalid_value(name, str(value), context["allowed"])
    if mistake["type"] == "literal_error":
        return invalid_value(name, str(value), re.findall(r"'([^']*)'", str(context["expected"])))
    kind = types.MISSING_PARAMETER if mistake["type"] == "missing" else types.BAD_VALUE
    return _error(name, _SHOULD.sub("must", str(mistake["msg"])), kind=kind)


def _error(
    name: str,
    detail: str,
    suggestion: str | None = None,
    *,
    kind: types.ProblemType = types.BAD_VALUE,
    allowed: Sequence[str] = (),
) -> ParameterError:
    return ParameterError(
        type=kind.uri,
        parameter=name,
        detail=f"Parameter '{name}' {detail}.",
        suggestion=suggestion,
        allowed=tuple(allowed),
    )


def truncated(text: str) -> str:
    """Returns a text as error messages repeat it: 60 characters at most."""
    return text if len(text) <= 60 else f"{text[:60]}…"


def openapi_parameters(model: type[BaseModel], choices: Choices) -> list[dict[str, Any]]:
    """Returns the OpenAPI parameters of a filter model."""
    schema = _schema(model)
    required = schema.get("required", [])
    parameters = [
        {**_parameter(name, dict(schema["properties"][name]), choices.get(name)), "required": name in required}
        for name in _accepted(model, choices)
    ]
    return [*parameters, *(_for_each_value(one) for one in getattr(model, "for_each_value", ()))]


def _for_each_value(filters: ForEachValue) -> dict[str, Any]:
    """Returns a template of parameters, of which OpenAPI has one for each value that the release's codebook has."""
    schema = TypeAdapter(filters.type).json_schema()
    description = f"{filters.description} ({{value}}: {{meaning}}.)"
    parameter = {"name": filters.name, "in": "query", "description": description, "required": False}
    return {**parameter, "schema": schema, KEYS: filters.vocabulary}


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """Returns a model's JSON schema. Cached, because many routes share a model and schemas take most of the start."""
    return model.model_json_schema(ref_template="#/components/schemas/{model}")


def _parameter(name: str, schema: dict[str, Any], choices: Sequence[str] | None) -> dict[str, Any]:
    variants = [variant for variant in schema.pop("anyOf", []) if variant.get("type") != "null"]
    if variants:
        schema = {**variants[0], **schema}
    parameter: dict[str, Any] = {"name": name, "in": "query"}
    parameter["description"] = schema.pop("description")
    examples = schema.pop("examples", None)
    schema.pop("title", None)
    if schema.get("default", ...) in (None, []):
        schema.pop("default")
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if choices is not None:
        schema |= {"items": {"type": "string", "enum": list(choices)}, "minItems": 1}
        parameter |= {"style": "form", "explode": False}
    elif schema.get("type") == "array":
        parameter |= {"style": "form", "explode": True}
    if examples:
        # Not `example`: the docs page would send it as if the reader had chosen it.
        shown = ",".join(map(str, examples[0])) if isinstance(examples[0], list) else examples[0]
        parameter["description"] += f" Example: `{shown}`."
        schema["examples"] = examples
    return {**parameter, "schema": schema}
