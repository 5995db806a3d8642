"""The settings of a command, and the database that they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from app.commands.errors import CommandError
from app.settings import Settings
from app.storage.database import Database


@contextmanager
def open_database(settings: Settings | None = None) -> Iterator[Database]:
    """The database that the settings name, closed at the end."""
    database = Database((settings or read_settings()).database_url)
    try:
        yield database
    finally:
        database.close()


def read_settings(**chosen: Any) -> Settings:
    """The settings of the environment, but for those that were chosen on the command line."""
    try:
        return Settings(**chosen)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = f"DATELINE_{wrong['loc'][0]}".upper()
        raise CommandError(f"{name} cannot be used: {wrong['msg']}.") from error
