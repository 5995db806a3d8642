"""What the files of lists take beside filters: how many records they have, which of their keys, and in which form."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, Field, create_model

from app.api.parameters.records import evidence_errors
from app.exports.formats import Export, ExportFormat, Extra, Point, Points
from app.exports.formats.columns import flat_names, has_points
from app.model.codebook import Codebook
from app.model.partial_documents import EVIDENCE_DESCRIPTION, EvidenceForm, paths_of
from app.problems import BadParameter, NotInstalled, ParameterError, types
from app.queries.plan import PlannedList
from app.queries.points import subject_points
from app.queries.record_type import RecordType
from app.queries.values import FileSize, Flag
from app.storage.snapshot import Snapshot

M = TypeVar("M", bound=BaseModel)

_NESTED_FIELDS = "Only these keys of each record, beside `id`, `type` and `url`, as in JSON; joined by commas."
_FLAT_FIELDS = (
    "Only these columns, in this order; joined by commas. A key of the JSON, dotted or not, is all columns that are "
    "made of it: `date.edtf` is `date_edtf`; `totals.killed` is `killed_low`, `killed_high` and those of the parts."
)
_FEATURE_FIELDS = (
    "Only these properties, in this order, beside the feature's own `id`; joined by commas. A key of the JSON, dotted "
    "or not, is all properties that are made of it: `date.edtf` is `date_edtf`. With `flat=false`: keys of the JSON, "
    "beside `id`, `type` and `url`."
)
_FLAT = "`false`: the properties of a feature are the record as in JSON, with lists and objects."


@cache
def file_model(model: type[M], export: ExportFormat) -> type[M]:
    """Returns a query model with the parameters that shape a file of a format."""
    description = _NESTED_FIELDS if not export.of_columns else _FEATURE_FIELDS if export.may_be_nested else _FLAT_FIELDS
    shaping: dict[str, Any] = {
        "fields": (list[str], Field(default_factory=list, description=description)),
        "evidence": (EvidenceForm, Field("full", description=EVIDENCE_DESCRIPTION)),
    }
    if "limit" in model.model_fields:
        about = "At most so many records, the first in order. Without it: all that match."
        shaping["limit"] = (FileSize | None, Field(None, description=about))
    if export.may_be_nested:
        shaping["flat"] = (Flag, Field(True, description=_FLAT))
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **shaping)


def file_choices(resource: str, export: ExportFormat, codebook: Codebook) -> Mapping[str, tuple[str, ...]]:
    """Returns the values of `fields`."""
    flat = flat_names(resource, codebook) if export.of_columns else ()
    nested = paths_of(resource, codebook) if export.may_be_nested or not export.of_columns else ()
    return {"fields": tuple(dict.fromkeys([*flat, *nested]))}


def check_fields(filters: Any, resource: str, export: ExportFormat, codebook: Codebook) -> None:
    """Raises BadParameter for fields that stand in another form than was asked for."""
    chosen = filters, resource, export, codebook
    if errors := [*_of_the_other_form(*chosen), *_evidence_named(*chosen)]:
        raise BadParameter(errors)


def check_installed(extra: Extra | None, what: str) -> None:
    """Raises NotInstalled where the software is missing that somebody needs for `what`."""
    if extra is not None and not extra.is_installed:
        install = f"pip install -e '.[{extra.name}]'"
        raise NotInstalled(f"{what} needs a library that is not installed here: {install}")


def check_size(planned: PlannedList, limit: int | None, export: ExportFormat) -> None:
    """Raises BadParameter for more records than a file of this format has room for."""
    most, resource, release = export.max_records, planned.resource.name, planned.snapshot.release
    if most is None or (limit is not None and limit <= most) or release.counts.get(resource, 0) <= most:
        return
    matched = planned.count()
    if matched > most:
        detail = (
            f"Parameter 'limit': {matched:,} {resource} match, and a {export.suffix} file has room for {most:,}. Give "
            "a filter or a `limit`, or take a format without such an end."
        )
        kind = types.MISSING_PARAMETER if limit is None else types.BAD_VALUE
        raise BadParameter.of("limit", detail, str(most), type=kind)


def export_of(
    snapshot: Snapshot, resource: RecordType, filters: Any, export: ExportFormat, base: str, batches: Any
) -> Export:
    """Returns what a file or a part of it has in it."""

    def points(ids: Any) -> Mapping[str, Point]:
        return {row[0]: Point(*row[1:]) for row in subject_points(snapshot, resource, ids)}

    located: dict[str, Points] = {} if has_points(resource.name) or not export.of_points else {"points": points}
    return Export(
        resource.name,
        batches,
        base,
        snapshot.release.number,
        snapshot.codebook,
        tuple(filters.fields),
        filters.evidence,
        _is_flat(filters, export),
        loaded_at=snapshot.release.loaded_at,
        **located,
    )


def _is_flat(filters: Any, export: ExportFormat) -> bool:
    return export.of_columns and bool(getattr(filters, "flat", True))


def _of_the_other_form(
    filters: Any, resource: str, export: ExportFormat, codebook: Codebook
) -> Iterator[ParameterError]:
    if not export.may_be_nested:
        return
    taken, other = (flat_names(resource, codebook), "false") if filters.flat else (paths_of(resource, codebook), "true")
    for name in filters.fields:
        if name not in taken:
            detail = f"Parameter 'fields': {name} goes with flat={other}."
            yield ParameterError(type=types.BAD_VALUE.uri, parameter="fields", detail=detail, suggestion=None)


def _evidence_named(filters: Any, resource: str, export: ExportFormat, codebook: Codebook) -> Iterator[ParameterError]:
    columns = flat_names(resource, codebook) if _is_flat(filters, export) else {}
    made_of = {name: ".".join(columns[name][0].path) for name in filters.fields if len(columns.get(name, ())) == 1}
    paths = {name: made_of.get(name, name) for name in filters.fields}
    yield from evidence_errors("fields", paths, filters.evidence)
