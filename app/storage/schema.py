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
    try:
        with database.snapshot() as snapshot:
            revision = snapshot.value(select(column("version_num")).select_from(table("alembic_version")))
    except Unavailable:
        return False
    return bool(revision == ScriptDirectory.from_config(_config()).get_current_head())


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
    revisions = {script.revision for script in scripts.walk_revisions()}
    with database.writer(unchecked=True) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and before not in revisions:
            raise DatabaseError(f"{database.name} was made by a newer version of dateline ({before}); update the code.")
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
