"""What `load` would refuse: a dossier checked against a database, or against a service that is running."""

from pathlib import Path

from sqlalchemy import update
from sqlmodel import col

from app.ingest.building.pipeline import Progress
from app.ingest.editing.temporary_database import temporary_database
from app.ingest.mirrors.mirroring import mirror
from app.ingest.mirrors.source import MirrorError, Source
from app.ingest.release.loading import load
from app.ingest.seed.files import SeedError
from app.storage import schema
from app.storage.database import Database
from app.storage.models import Release


def check_against(directory: Path, target: str, progress: Progress) -> list[SeedError]:
    """Checks seed files, which have no mistakes of their own, against the URL of a service or of a database. Returns
    what `load` would warn of there.

    Raises DossierError for what `load` would refuse, and DatabaseError or MirrorError where the other side cannot be
    read, or takes no loads.
    """
    if target.startswith(("http://", "https://")):
        return _check_against_service(directory, target, progress)
    database = Database(target if "://" in target else f"sqlite:///{target}")
    try:
        schema.check_is_current(database, made_by="migrate")
        return load(directory, database, dry_run=True, progress=progress).warnings
    finally:
        database.close()


def _check_against_service(directory: Path, address: str, progress: Progress) -> list[SeedError]:
    """Checks against a temporary copy of all that a service has published, so that `load` itself judges."""
    source = Source(address)
    if (origin := source.newest().origin) is not None:
        raise MirrorError(f"{source.url} takes no loads, as a mirror: check against {origin.partition('/v1/')[0]}.")
    with temporary_database() as copy:
        mirror(address, copy, progress=progress)
        with copy.writer() as connection:  # a load refuses to write to a mirror, which this copy stops being
            connection.execute(update(Release).values({col(Release.origin): None}))
        return load(directory, copy, dry_run=True, progress=progress).warnings
