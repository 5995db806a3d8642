"""Partial parsing of records with mistakes, so that their valid fields are checked in the same run."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from app.ingest.seed.error_messages import models_in
from app.ingest.seed.files import Key, Mapping
from app.ingest.seed.seed_base import ConstrainedRecord, Record, Tombstone
from app.model.codebook import Codebook


def partial(model: type[Record], data: Mapping, codebook: Codebook) -> Record:
    """Returns a record in which every invalid field is None, and every invalid list is empty."""
    fields = model.model_fields.items()
    return model.model_construct(**{name: _value(field, data.get(name), codebook) for name, field in fields})


def violations(seed: Any, broken: set[Key], path: Key = ()) -> Iterator[tuple[Key, str]]:
    """Yields constraint violations between valid fields, in those parts of a record that also have invalid fields."""
    if isinstance(seed, list):
        for number, item in enumerate(seed):
            yield from violations(item, broken, (*path, number))
    if not isinstance(seed, Record):
        return
    broken_fields = {
        mistake[len(path)] for mistake in broken if mistake[: len(path)] == path and len(mistake) > len(path)
    }
    if broken_fields and isinstance(seed, ConstrainedRecord):
        for fields, message, at_field in seed.violations():
            if not broken_fields.intersection(fields):
                yield (*path, fields[0]) if at_field else path, message
    for name in broken_fields & set(type(seed).model_fields):
        yield from violations(getattr(seed, str(name)), broken, (*path, str(name)))


def _value(field: FieldInfo, value: Any, codebook: Codebook) -> Any:
    """Returns the value of a field, or its valid parts."""
    if value is None:
        if _is_list(field.annotation):
            return []
        return None if field.is_required() else field.get_default(call_default_factory=True, validated_data={})
    return _read(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, value, codebook)


def _read(kind: Any, value: Any, codebook: Codebook) -> Any:
    try:
        return _reader(kind).validate_python(value, context=codebook)
    except ValidationError:
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
    if _is_list(kind):
        return [_read(get_args(kind)[0], item, codebook) for item in value] if isinstance(value, list) else []
    models = [model for model in models_in(kind) if model is not Tombstone]
    return (
        partial(models[0], value, codebook) if models and isinstance(value, dict) and "removed" not in value else None
    )


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list


@lru_cache(maxsize=256)
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
