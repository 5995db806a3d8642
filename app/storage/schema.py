"""Database migrations: whether the tables are up to date, and bringing them up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, exists, inspect, select, table
from sqlmodel import col

from app.problems import Unavailable
from app.settings import MIGRATIONS
from app.storage.database import Database, DatabaseError
from app.storage.models import Article
from app.storage.snapshot import Snapshot


def has_tables(database: Database) -> bool:
    """Whether there are tables of any version. Only reads, and makes no file. Raises DatabaseError for a database that
    cannot be reached."""
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return False
    with database.writer() as connection:
        return inspect(connection).has_table("alembic_version")


def is_current(database: Database) -> bool:
    """Whether the tables exist and are those of this version of the code. Only reads."""
    return bool(_revision(database) == ScriptDirectory.from_config(_config()).get_current_head())


def check_is_current(database: Database, *, made_by: str) -> None:
    """Raises DatabaseError for tables of another version of the code, or none; `made_by` is the command that makes
    those of this one. Only reads."""
    if not is_current(database):
        _check_is_not_newer(database, _revision(database))
        raise DatabaseError(f"{database.name} has no tables of this version yet; run `dateline {made_by}` first.")


def _revision(database: Database) -> str | None:
    try:
        with database.snapshot() as snapshot:
            found = snapshot.value(select(column("version_num")).select_from(table("alembic_version")))
            return None if found is None else str(found)
    except Unavailable:
        return None


def _check_is_not_newer(database: Database, revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseError(f"{database.name} was made by a newer version of dateline ({revision}); update the code.")


def is_outdated(snapshot: Snapshot) -> bool:
    """Whether records were written before their rows had checksums, by version 0.1: their documents lack what answers
    are made of, until a load writes them anew. A load writes all articles, of which there are few."""
    return bool(snapshot.value(select(exists().where(col(Article.rows_checksum) == 0))))


def migrate(database: Database, target: str = "head") -> bool:
    """Creates the tables or brings them up to date; returns whether anything changed.

    `target` is an Alembic revision. Raises DatabaseError for tables of a newer version of the code.
    """
    if target == "head" and is_current(database):
        return False
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with database.writer(unchecked=True) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        _check_is_not_newer(database, before)
        if target == "head" and before == scripts.get_current_head():
            return False
        config.attributes["connection"] = connection
        if target == "head":
            command.upgrade(config, target)
        else:
            command.downgrade(config, target)
    return True


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
