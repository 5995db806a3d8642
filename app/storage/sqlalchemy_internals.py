"""What relies on SQLAlchemy beyond its documentation (seen in 2.1), in one file: statements for the driver itself.

* `post_compile_params` of a compiled statement: parameters that are written into the SQL when it runs, as the values of
  `IN` are. There must be none.
* `binds`, with `required` of each: which parameters have no value of their own.
* `positiontup`: the names of the parameters in the order of the placeholders.
"""

from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class CompiledStatement(NamedTuple):
    """The SQL of a statement, the names of its parameters in order, and the values that it holds itself."""

    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]


@lru_cache(maxsize=512)
def compiled(statement: ClauseElement, dialect: Dialect) -> CompiledStatement:
    """Returns a statement as the driver takes it. Raises TypeError if its SQL depends on its values."""
    compiler = cast(SQLCompiler, statement.compile(dialect=dialect))
    if compiler.post_compile_params:
        raise TypeError("a statement whose SQL depends on its values cannot be cached")
    constants = {name: value for name, value in compiler.params.items() if not compiler.binds[name].required}
    return CompiledStatement(str(compiler), tuple(compiler.positiontup or ()), constants)
