"""What we rely on in SQLAlchemy and psycopg beyond their documentation stands in one file each, and is still there."""

import re

import pytest
from sqlalchemy import bindparam, literal, select
from sqlalchemy.dialects import sqlite
from sqlmodel import col

from app.storage import sqlalchemy_internals
from app.storage.models import Incident
from app.storage.sqlalchemy_internals import compiled
from tests.test_architecture import APP

DIALECT = sqlite.dialect()
COMPILER = ("post_compile_params", "binds", "required", "positiontup")
DRIVER = ("wait", "PQGen", "pgconn.finish")


def users(pattern: str) -> set[str]:
    """Returns the names of the files in `app` in which a line matches."""
    paths = APP.rglob("*.py")
    return {path.name for path in paths if re.search(pattern, path.read_text("utf-8"), re.MULTILINE)}


def test_a_compiled_statement_has_its_parameters_in_order() -> None:
    statement = select(literal("own").label("own"), col(Incident.id)).where(
        col(Incident.kind) == bindparam("kind"), col(Incident.id) > bindparam("after")
    )
    sql, names, constants = compiled(statement, DIALECT)
    assert sql.count("?") == len(names) == 3
    assert [name for name in names if name not in constants] == ["kind", "after"]
    assert list(constants.values()) == ["own"]


def test_a_statement_whose_sql_depends_on_its_values_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be cached"):
        compiled(select(col(Incident.id)).where(col(Incident.kind).in_(["raid", "strike"])), DIALECT)


def test_names_of_the_compiler_are_documented_and_in_one_file() -> None:
    documentation = str(sqlalchemy_internals.__doc__)
    assert [name for name in COMPILER if f"`{name}`" not in documentation] == []
    users = {
        path.name
        for path in APP.rglob("*.py")
        if re.search(r"\.(positiontup|binds|post_compile_params)\b", path.read_text())
    }
    assert users == {"sqlalchemy_internals.py"}, "what SQLAlchemy does not document goes into that file"


@pytest.mark.heavy
def test_psycopg_has_what_is_overridden() -> None:
    psycopg = pytest.importorskip("psycopg")
    from psycopg import abc, pq

    from app.storage import postgresql

    assert [name for name in DRIVER if f"`{name}`" not in str(postgresql.__doc__)] == []
    assert callable(psycopg.Connection.wait)
    assert hasattr(abc, "PQGen")
    assert callable(pq.PGconn.finish)


def test_psycopg_is_used_in_one_file() -> None:
    users = {
        path.name
        for path in APP.rglob("*.py")
        if re.search(r"^\s*(import|from) psycopg", path.read_text(), re.MULTILINE)
    }
    assert users == {"postgresql.py"}, "what uses the driver goes into that file"
