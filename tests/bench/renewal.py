"""`python -m tests.bench.renewal DATABASE_URL`: how soon a worker counts by a new release that changes one record.

For each question a release is added to the database, an archive of `tests.bench.invention` that was loaded; a worker
that has counted everything of the release before is asked without end until an answer is of the new one. Prints the
seconds from the commit to that answer, and the processor time in which the worker has prepared all that it counts by.
"""

import json
import os
import time
from typing import Annotated, Any

import typer

from app.model.codebook import shipped
from app.storage.database import Database
from tests.bench.load import answer
from tests.bench.past import Past
from tests.bench.servers import CLIENT_CORE, Server, service

_KINDS = list(shipped().values("incident.kind"))
QUESTIONS = [
    "/v1/facets?of=incidents&facet=place",
    "/v1/facets?of=incidents&facet=actor",
    f"/v1/facets?of=incidents&facet=place,actor,month&kind={_KINDS[0]}",
    "/v1/facets?of=incidents&facet=year",
    "/v1/facets?of=quotes&facet=speaker",
    "/v1/casualties/summary?group_by=outcome",
    "/v1/casualties/summary?group_by=claimed_by",
    "/v1/casualties/summary?group_by=place,month",
    f"/v1/incidents?kind={_KINDS[0]}&limit=1",
]


def main(
    database: Annotated[str, typer.Argument(help="URL of a loaded archive, to which releases are added.")],
) -> None:
    """Measure how soon counts are those of a new release."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    writing = Database(database)
    with writing.snapshot() as snapshot:
        incidents = snapshot.release.counts["incidents"]
    past = Past(writing, 1 / incidents, together=False, edit=_edit)
    typer.echo("| question | seconds to its first answer of the release | processor s until all is prepared |")
    typer.echo("|---|---|---|")
    with service("the service", database, {"DATELINE_CACHE_BYTES": "0"}) as server:
        for path in QUESTIONS:
            answer(server, path)
            server.settle()
            _, newest = past.add()
            committed, used = time.perf_counter(), server.cpu()
            while _release(server, path) < newest:
                time.sleep(0.01)
            answered = time.perf_counter() - committed
            server.settle()
            typer.echo(f"| `{path}` | {answered:.1f} | {server.cpu() - used:.1f} |")
    writing.close()


def _edit(document: dict[str, Any]) -> None:
    """Gives an incident another kind, which lists, facets and sums all look at."""
    document["kind"] = _KINDS[(_KINDS.index(document["kind"]) + 1) % len(_KINDS)]


def _release(server: Server, path: str) -> int:
    return int(json.loads(answer(server, path)[1])["meta"]["release"])


if __name__ == "__main__":
    typer.run(main)
