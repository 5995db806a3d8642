"""Text of the database as bytes in UTF-8, for what is sent as it is stored: making strings of the documents of a list,
and bytes of these again, takes longer than reading them."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Utf8(TypeDecorator[bytes]):
    """Bytes of a text, where the driver has made none of it."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return value.encode() if isinstance(value, str) else value


class _Bytes(FunctionElement[bytes]):
    name = "text_bytes"
    inherit_cache = True
    type = _Utf8()


@compiles(_Bytes, "sqlite")
def _sqlite(element: _Bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(_Bytes, "postgresql")
def _postgresql(element: _Bytes, compiler: SQLCompiler, **options: Any) -> str:
    # Its own bytes come as hexadecimal digits, twice as many.
    return compiler.process(element.clauses, **options)


def in_bytes(text: Any) -> ColumnElement[bytes]:
    """Returns a column of text as one of bytes."""
    return _Bytes(text)
