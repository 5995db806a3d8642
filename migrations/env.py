"""Alembic's entry: runs the migrations over the connection it is given, or over DATELINE_DATABASE_URL."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, inspect
from sqlmodel.sql.sqltypes import AutoString

from app.settings import Settings
from app.storage.database import Database
from app.storage.past_views import create_views, drop_views
from app.storage.registry import METADATA

_ENGINES_OWN = {"ix_search_entries_terms", "ix_incidents_box", "ix_places_box", "ix_past_search_entries_terms"}


def _include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Full-text and box tables, their shadow tables and the indexes over vectors and boxes are the engines' own; no
    model has them."""
    if kind == "index":
        return name not in _ENGINES_OWN
    return kind != "table" or name in METADATA.tables


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """SQLModel's own string type is a plain string to a database."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=_include_name,
        render_item=_render,
    )
    with context.begin_transaction():
        drop_views(connection)
        context.run_migrations()
        if inspect(connection).has_table("past_codebook"):
            create_views(connection)


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with Database(Settings().database_url).writer(unchecked=True) as connection:
        _run(connection)
