"""What `/v1/facets`, and lists with `facets`, take beside filters: which values, in which order, and counted how."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from app.api.parameters.parsing import REQUIRED_COMPANIONS
from app.model.codebook import Codebook
from app.model.map_tiles import MAX_ZOOM
from app.problems import BadParameter, BadValue, types
from app.queries.derived_filters import NOT
from app.queries.filters import Filters, filters_under
from app.queries.histograms import UNITS
from app.queries.plan import chooses
from app.queries.values import LINE, PageSize
from app.search.folding import word_beginnings

GRID = "grid"

VALUES = 50
"""Values of each facet that are sent unless more are asked for."""

MAX_PREFIX_LENGTH = 100


def _prefix(value: Any) -> Any:
    if isinstance(value, str) and not (len(value) <= MAX_PREFIX_LENGTH and word_beginnings(value)):
        raise BadValue(f"must be the beginning of a word, of {MAX_PREFIX_LENGTH} characters at most")
    return value


def _zoom(value: Any) -> Any:
    if isinstance(value, str) and not (
        value.isascii() and value.isdigit() and len(value) < 3 and int(value) <= MAX_ZOOM
    ):
        raise BadValue(f"must be the zoom of a map: 0 (the world is one tile) to {MAX_ZOOM}")
    return value


Prefix = Annotated[
    str,
    BeforeValidator(_prefix),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_PREFIX_LENGTH, "pattern": f"^{LINE}$"}),
]
Zoom = Annotated[int, Field(ge=0, le=MAX_ZOOM), BeforeValidator(_zoom)]

FACET_PARAMETERS: dict[str, Any] = {
    "facet_limit": (
        PageSize | None,
        Field(None, description=f"How many values of each facet to send; dates and tiles are all. Default: {VALUES}."),
    ),
    "facet_sort": (
        Literal["count", "label"] | None,
        Field(
            None,
            description="`count` (default): the most frequent values first; `label`: by label, records as lists sort "
            "them by name. Dates stand in their order.",
        ),
    ),
    "facet_prefix": (
        Prefix | None,
        Field(
            None,
            description="Only values with a word in their label that begins so, whatever its case and accents: for "
            "fields that suggest while somebody types. Of records any name: aliases and names in other languages, "
            "too. Dates and tiles have no labels to look in.",
            examples=["kan"],
        ),
    ),
    "facet_except": (
        list[str],
        Field(
            default_factory=list,
            description="Filters that facets of the same name are counted without, joined by commas, so that a menu "
            "still shows what else could be chosen (disjunctive facets): `facet_except=kind,place` counts kinds as if "
            "`kind` were not set, but at the place, and places of these kinds. `datetime` is that of `day` to "
            "`decade`, `bbox` and `near` those of `grid`; a filter whose facet is not asked for is left out of all. "
            "`meta` counts what matches every filter.",
            examples=[["article"]],
        ),
    ),
    "z": (Zoom | None, Field(None, description="The zoom of the map whose tiles `grid` counts by.", examples=[7])),
}
"""By name: type and field. Declared once, for lists and for `/v1/facets`."""


@lru_cache(maxsize=64)
def exceptions(filters: type[Filters], codebook: Codebook) -> tuple[str, ...]:
    """Returns the values of `facet_except`: every filter that chooses records by itself."""
    names = filters_under(filters, codebook).model_fields
    return tuple(name for name in names if chooses(name) and name not in REQUIRED_COMPANIONS)


def facets_of(excepted: str) -> tuple[str, ...]:
    """Returns the facets that a filter narrows by itself."""
    plain = excepted.removeprefix(NOT)
    return {"datetime": tuple(UNITS), "bbox": (GRID,), "near": (GRID,)}.get(plain, (plain,))


def left_out(facet: str, asked: Iterable[str], excepted: Iterable[str]) -> frozenset[str]:
    """Returns the filters that a facet is counted without: its own, and those that have no facet among the `asked`."""
    return frozenset(one for one in excepted if facet in facets_of(one) or set(asked).isdisjoint(facets_of(one)))


def check_zoom(filters: Any, asked: Sequence[str]) -> None:
    """Raises BadParameter for a grid without a zoom, or the other way round."""
    if filters.z is None and GRID in asked:
        detail = f"Parameter 'z' is needed, the zoom of the map: facet=grid goes with z=0 to z={MAX_ZOOM}."
        raise BadParameter.of("z", detail, type=types.MISSING_PARAMETER)
    if filters.z is not None and GRID not in asked:
        raise BadParameter.of("z", "Parameter 'z' goes with the facet grid.", type=types.MISSING_PARAMETER)
