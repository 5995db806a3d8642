"""What `load` would refuse: a dossier checked against a database, or against a service that is running."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from app.ingest.files import SeedError
from app.ingest.loading import load
from app.ingest.pipeline import Pipeline, Progress
from app.ingest.reading import DossierError
from app.model.codebook import ChangeOp
from app.model.digests import Data
from app.records import BY_TYPE
from app.storage import schema
from app.storage.database import Database, DatabaseError

_PAGE = 500
_SECONDS = 30


def check_against(directory: Path, target: str, pipeline: Pipeline, progress: Progress) -> list[SeedError]:
    """Checks seed files, which have no mistakes of their own, against the URL of a service or of a database. Returns
    what `load` would warn of there, as far as the other side tells it: a database does.

    Raises DossierError for what `load` would refuse, and DatabaseError where the other side cannot be read.
    """
    if target.startswith(("http://", "https://")):
        if errors := list(_refusals(directory, pipeline, target)):
            raise DossierError(errors)
        return []
    database = Database(target if "://" in target else f"sqlite:///{target}")
    try:
        if not schema.is_current(database):
            raise DatabaseError(f"{database.name} has no tables of this version yet; run `dateline migrate` first.")
        return load(directory, database, dry_run=True, progress=progress).warnings
    finally:
        database.close()


def _refusals(directory: Path, pipeline: Pipeline, base: str) -> Iterator[SeedError]:
    """Yields an error for each record that a service has and the files lack, and for each id that was merged away."""
    index = pipeline.context.scratch_index
    for (kind, id_), change in _last_changes(base).items():
        resource = BY_TYPE[kind].name
        location = index.records(resource, [id_]).get(id_)
        if change["op"] == ChangeOp.DEL:
            if location is not None and change["superseded_by"] is not None:
                message = f"this id was merged into '{change['superseded_by']}'; ids are never reused, choose another"
                yield SeedError(location.file, location.line, id_, "id", message)
        elif location is None and not index.removal(resource, [id_]):
            kept_in = "incidents" if resource == "casualties" else resource
            file, line = index.last(kept_in, directory.resolve().name) or (f"{kept_in}.yaml", 1)
            message = (
                "the service has this record, the files do not; to remove it write `removed:` with a reason, or load "
                "with --prune or --only"
            )
            yield SeedError(file, line, id_, "", message)


def _last_changes(base: str) -> dict[tuple[str, str], Data]:
    """Returns what a service logged last of every record."""
    last: dict[tuple[str, str], Data] = {}
    url: str | None = urljoin(base.rstrip("/") + "/", f"v1/changes?since=0&history=true&limit={_PAGE}")
    while url is not None:
        page = _page(url)
        last.update({(one["type"], one["id"]): one for one in page["data"] if one["type"] in BY_TYPE})
        url = urljoin(url, page["links"]["next"]) if "next" in page["links"] else None
    return last


def _page(url: str) -> Data:
    try:
        with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=_SECONDS) as answer:
            page: Data = json.load(answer)
    except (URLError, TimeoutError, ValueError) as error:
        raise DatabaseError(f"{url} cannot be read ({getattr(error, 'reason', None) or error})") from error
    if not isinstance(page, dict) or "data" not in page or "links" not in page:
        raise DatabaseError(f"{url} is no list of changes; give the address of a dateline service")
    return page
