"""The state of a database's tables: created, brought up to date or refused by the migrations."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, select, table

from app.problems import Unavailable
from app.settings import MIGRATIONS
from app.storage.database import Database, DatabaseError


def is_current(database: Database) -> bool:
    """Whether the tables are there and as this version of the code wants them. Only reads."""
    try:
        with database.snapshot() as snapshot:
            revision = snapshot.value(select(column("version_num")).select_from(table("alembic_version")))
    except Unavailable:
        return False
    return bool(revision == ScriptDirectory.from_config(_config()).get_current_head())


def migrate(database: Database, target: str = "head") -> bool:
    """Brings the tables up to date; True when something changed. Raises DatabaseError for a newer database."""
    if target == "head" and is_current(database):
        return False
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    with database.writer(unchecked=True) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and before not in known:
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
