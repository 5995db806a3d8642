"""A list of record numbers as a table in SQL: a single bound parameter, however many there are."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Select, String, column, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _NumberList(FunctionElement[Any]):
    """Takes numbers joined by commas."""

    name = "enumerated"
    inherit_cache = True


@compiles(_NumberList, "sqlite")
def _sqlite(element: _NumberList, compiler: SQLCompiler, **options: Any) -> str:
    (listed,) = (compiler.process(part, **options) for part in element.clauses)
    return f"(SELECT value AS number FROM json_each('[' || {listed} || ']'))"


@compiles(_NumberList, "postgresql")
def _postgresql(element: _NumberList, compiler: SQLCompiler, **options: Any) -> str:
    (listed,) = (compiler.process(part, **options) for part in element.clauses)
    return f"(SELECT unnest(CAST(string_to_array({listed}, ',') AS bigint[])) AS number)"


def number_list(numbers: Iterable[int]) -> Select[Any]:
    """Returns a query for these numbers, with the column `number`."""
    listed = literal(",".join(map(str, numbers)), String())
    return select(_NumberList(listed).table_valued(column("number", BigInteger), name="enumerated").c.number)
