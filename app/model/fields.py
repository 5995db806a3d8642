"""The fields of documents, read from their models, so that every output explains a value in the same words."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from app.model.documents import DOCUMENTS

BOUNDS = ("low", "high", "parts.low", "parts.high")
"""The values of a total; in a flat column's name the dot is an underscore (`killed_parts_low`)."""


@cache
def leaves(resource: str) -> tuple[str, ...]:
    """The paths of all values in the documents of a resource that have no keys of their own: `date.edtf`,
    `actors.role`."""
    return tuple(_leaves(DOCUMENTS[resource]))


def _leaves(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = _model(field.annotation)
        if inner is None:
            yield name
        else:
            yield from (f"{name}.{path}" for path in _leaves(inner))


@cache
def meaning(resource: str, path: str) -> str:
    """What the value at a path means: what its keys mean, from the outermost on."""
    model: type[BaseModel] | None = DOCUMENTS[resource]
    found = []
    for key in path.split("."):
        assert model is not None, f"{path} leads beyond the documents of {resource}"
        found.append(_description(model, key))
        model = _model(model.model_fields[key].annotation)
    return " ".join(found)


def _description(model: type[BaseModel], key: str) -> str:
    """A model that only narrows a field's type leaves the description to the model that it extends."""
    for base in model.__mro__:
        if issubclass(base, BaseModel) and key in base.model_fields and base.model_fields[key].description:
            return str(base.model_fields[key].description)
    raise LookupError(f"{model.__name__}.{key} has no description")


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model within an annotation, however it is wrapped (`list[X]`, `X | None`, `Annotated[X, …]`)."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner)) is not None), None)
