"""A list of record numbers as a table in SQL: a single bound parameter, however many there are."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, column, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

NUMBERS = "numbers"
"""The parameter of `given_numbers`."""


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
    return _numbers_in(literal(",".join(map(str, numbers)), String()))


def given_numbers() -> Select[Any]:
    """Returns a query for the numbers that a statement is given by the name `NUMBERS`, joined by commas."""
    return _numbers_in(bindparam(NUMBERS, type_=String()))


def _numbers_in(listed: ColumnElement[str]) -> Select[Any]:
    return select(_NumberList(listed).table_valued(column("number", BigInteger), name="enumerated").c.number)
