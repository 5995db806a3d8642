"""Bounding-box search as SQL: the numbers of the records whose box intersects a given box.

SQLite answers from R*Trees, which keep boxes a hair too large, PostgreSQL from GiST indexes over the columns. Whoever
asks looks at the columns as well.
"""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, column, literal, select
from sqlalchemy import Float as SqlFloat
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.queries.values import BBox

MERIDIAN_OFFSETS = (0, -360, 360)
"""A record's box may run on beyond 180 degrees, so the same meridian can stand at three longitudes."""


class _Intersecting(FunctionElement[Any]):
    """Takes west, south, east and north, east beyond 180 degrees where the box crosses the antimeridian."""

    name = "touching"
    inherit_cache = True
    table: str
    boxes: str


@cache
def _intersecting(table: str, boxes: str) -> type[_Intersecting]:
    """The function for a table: a class of its own, by which SQLAlchemy tells kept statements apart."""
    return type(table, (_Intersecting,), {"inherit_cache": True, "table": table, "boxes": boxes})


@compiles(_Intersecting, "sqlite")
def _sqlite(element: _Intersecting, compiler: SQLCompiler, **options: Any) -> str:
    west, south, east, north = (compiler.process(side, **options) for side in element.clauses)
    overlaps = (
        f"(west <= {east} + {offset} AND east >= {west} + {offset} AND south <= {north} AND north >= {south})"
        for offset in MERIDIAN_OFFSETS
    )
    return f"(SELECT number FROM {element.boxes} WHERE {' OR '.join(overlaps)})"


@compiles(_Intersecting, "postgresql")
def _postgresql(element: _Intersecting, compiler: SQLCompiler, **options: Any) -> str:
    west, south, east, north = (compiler.process(side, **options) for side in element.clauses)
    overlaps = (
        f"box(point(west, south), point(east, north)) && "
        f"box(point({west} + {offset}, {south}), point({east} + {offset}, {north}))"
        for offset in MERIDIAN_OFFSETS
    )
    return f"(SELECT number FROM {element.table} WHERE west IS NOT NULL AND ({' OR '.join(overlaps)}))"


def intersecting(table: type[Any], box: BBox) -> Select[Any]:
    """Numbers of the records of a table whose box touches this one, and perhaps of some beside it."""
    east = box.east if box.west <= box.east else box.east + 360
    sides = (literal(float(side), SqlFloat) for side in (box.west, box.south, east, box.north))
    function = _intersecting(str(table.__tablename__), table.BOXES)
    return select(function(*sides).table_valued(column("number", BigInteger), name="touching").c.number)
