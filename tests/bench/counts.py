"""`python -m tests.bench.counts DATABASE_URL …`: what facets and sums cost, and beside it DuckDB over the same rows.

Milliseconds of processor time for one answer that is not in memory, a column for each archive: those of
`tests.bench.invention`, loaded. DuckDB has one thread and answers the bare question from a Parquet file of each table,
with what contains a place or an actor already joined; it labels, links and sorts nothing. `--before` names the command
of an earlier build, which is asked once over a database of its own. `--results` writes COUNTS.md.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Annotated, Any

import duckdb
import typer

from app.model.codebook import shipped
from tests.bench.dear import asked
from tests.bench.servers import Server, service

RESULTS = Path(__file__).parent / "COUNTS.md"
ROUNDS = 20
BOX = (42.0, 31.0, 45.0, 34.0)

_KINDS = shipped().values("incident.kind")
_MONTH = "first <= '1990-07-31' AND last >= '1990-07-01'"
_AT = "SELECT place, count(*) FROM places SEMI JOIN (FROM incidents WHERE {}) i ON i.id = incident GROUP BY place"
_WITH = "SELECT actor, count(*) FROM actors SEMI JOIN (FROM incidents WHERE {}) i ON i.id = incident GROUP BY actor"
_SUMS = "sum(low), sum(high), count(*) FILTER (high IS NULL), count(DISTINCT claims.incident)"
_OF_PLACES = "FROM claims JOIN incidents i ON i.id = claims.incident JOIN places p ON p.incident = i.id"


@dataclass(frozen=True)
class Job:
    """A question, in which `{}` is a kind, with its twin in DuckDB's SQL, and the milliseconds that it may take."""

    name: str
    path: str
    sql: str
    hold: int
    aim: int


def _facet(facets: str, filters: str = "") -> str:
    return f"/v1/facets?of=incidents&facet={facets}{filters}"


JOBS = (
    Job("facet by place, no filter", _facet("place"), _AT.format("true"), 10, 3),
    Job("facet by actor, no filter", _facet("actor"), _WITH.format("true"), 10, 3),
    Job(
        "place, a kind in a month",
        _facet("place", "&kind={}&datetime=1990-07"),
        _AT.format(f"kind = '{{}}' AND {_MONTH}"),
        10,
        3,
    ),
    Job("place, a kind", _facet("place", "&kind={}"), _AT.format("kind = '{}'"), 60, 25),
    Job("actor, a kind", _facet("actor", "&kind={}"), _WITH.format("kind = '{}'"), 60, 25),
    Job(
        "place, a box",
        _facet("place", f"&location_match=point&bbox={','.join(map(str, BOX))}"),
        _AT.format(f"longitude BETWEEN {BOX[0]} AND {BOX[2]} AND latitude BETWEEN {BOX[1]} AND {BOX[3]}"),
        60,
        25,
    ),
    Job(
        "six facets, a kind in a month",
        _facet("kind,place,actor,granularity,contested,month", "&kind={}&datetime=1990-07"),
        ";".join(
            sql.format(f"kind = '{{}}' AND {_MONTH}")
            for sql in (
                _AT,
                _WITH,
                *(
                    f"SELECT {by}, count(*) FROM incidents WHERE {{}} GROUP BY 1"
                    for by in ("kind", "granularity", "contested", "first[:7]")
                ),
            )
        ),
        20,
        8,
    ),
    Job(
        "sums by outcome",
        "/v1/casualties/summary?group_by=outcome",
        f"SELECT outcome, {_SUMS} FROM claims GROUP BY 1",
        60,
        20,
    ),
    Job(
        "sums by claimant",
        "/v1/casualties/summary?group_by=claimed_by",
        f"SELECT claimed_by, outcome, {_SUMS} FROM claims GROUP BY 1, 2",
        60,
        20,
    ),
    Job(
        "sums by place and month",
        "/v1/casualties/summary?group_by=place,month",
        f"SELECT place, first[:7], outcome, {_SUMS} {_OF_PLACES} GROUP BY 1, 2, 3",
        60,
        20,
    ),
    Job(
        "sums by place and month, a kind",
        "/v1/casualties/summary?group_by=place,month&kind={}",
        f"SELECT place, first[:7], outcome, {_SUMS} {_OF_PLACES} WHERE kind = '{{}}' GROUP BY 1, 2, 3",
        60,
        20,
    ),
)


def _cost(server: Server, path: str) -> float:
    """Milliseconds of processor time of an answer, over all kinds."""
    paths = [path.format(kind) for kind in _KINDS[:ROUNDS]]
    for one in paths[:2]:  # what is made once for all who ask
        _ok(server, one)
    before = server.cpu()
    for number in range(ROUNDS):
        _ok(server, paths[number % len(paths)])
    return (server.cpu() - before) / ROUNDS * 1000


def _ok(server: Server, path: str) -> Any:
    status, text = asked(server, path)
    assert status == 200, f"{path}: {status} {text[:300]!r}"
    return json.loads(text)


def _duckdb_cost(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    costs = []
    for kind in _KINDS[:5]:
        before = process_time()
        for statement in sql.replace("{}", kind).split(";"):
            connection.execute(statement).fetchall()
        costs.append(process_time() - before)
    return median(costs) * 1000


_TABLES = {
    "incidents": "SELECT number AS id, kind, granularity, contested, earliest AS first, latest AS last, latitude, "
    "longitude FROM incidents",
    "places": "WITH RECURSIVE up(part, whole) AS (SELECT id, id FROM places UNION SELECT part, parent_id FROM up "
    "JOIN place_parents ON place_id = whole) SELECT DISTINCT i.number AS incident, p.number AS place "
    "FROM incident_places l JOIN incidents i ON i.id = l.incident_id JOIN up ON part = l.place_id "
    "JOIN places p ON p.id = whole WHERE role IN ({locating})",
    "actors": "WITH RECURSIVE up(part, whole) AS (SELECT id, id FROM parties UNION SELECT part, parent_id FROM up "
    "JOIN organization_parents ON organization_id = whole) SELECT DISTINCT i.number AS incident, whole AS actor "
    "FROM incident_actors l JOIN incidents i ON i.id = l.incident_id JOIN up ON part = l.party_id",
    "claims": "SELECT i.number AS incident, outcome, low, high, claimed_by_id AS claimed_by FROM casualties "
    "JOIN incidents i ON i.id = incident_id WHERE counted",
}


def _parquet(database: str, folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB over the rows of an archive."""
    locating = ", ".join(f"'{role}'" for role in shipped().having("incident.places.role", "locates"))
    connection = duckdb.connect(config={"threads": 1})
    with closing(sqlite3.connect(f"file:{database.removeprefix('sqlite:///')}?mode=ro", uri=True)) as rows:
        for name, sql in _TABLES.items():
            found = rows.execute(sql.format(locating=locating))
            _written([column[0] for column in found.description], found.fetchall(), folder / f"{name}.parquet")
            connection.execute(f"CREATE VIEW {name} AS FROM '{folder / name}.parquet'")
    return connection


def _written(names: list[str], rows: list[tuple[Any, ...]], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = [pa.array(values) for values in zip(*rows, strict=True)]
    parquet.write_table(pa.Table.from_arrays(columns, names=names), path)


def _measured(url: str, cache: Path) -> Iterator[tuple[str, float]]:
    settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": "100", "DATELINE_CACHE_DIR": str(cache)}
    with service("the service", url, settings) as server:
        yield "incidents", _ok(server, "/v1/incidents?limit=1")["meta"]["matched"]
        before = server.memory()
        server.settle()
        for job in JOBS:
            yield job.name, _cost(server, job.path)
        yield "memory", (server.memory() - before) / 1e6
    yield "files", sum(path.stat().st_size for path in cache.rglob("*.npy")) / 1e6


def _measured_before(program: Path, url: str) -> Iterator[tuple[str, float]]:
    """What the answers of an earlier build cost, where it knows the question."""
    with service("the build before", url, {"DATELINE_QUERY_SECONDS": "1000"}, program=[str(program)]) as server:
        for job in JOBS:
            for path in dict.fromkeys(map(job.path.format, _KINDS)):
                before = server.cpu()
                if asked(server, path)[0] == 200:
                    yield job.name, (server.cpu() - before) * 1000
                    break


def _table(columns: list[dict[str, float]], theirs: dict[str, float], earlier: dict[str, float]) -> Iterator[str]:
    sizes = [f"{one['incidents']:,.0f}" for one in columns]
    others = f"the build before, {sizes[-1]} | DuckDB, {sizes[-1]}"
    yield f"| processor ms of an answer | {' | '.join(sizes)} | {others} | hold | aim |"
    yield "|---" * (len(columns) + 5) + "|"
    for job in JOBS:
        costs = [f"{one[job.name]:.1f}" for one in columns]
        costs += [f"{one[job.name]:,.1f}" if job.name in one else "–" for one in (earlier, theirs)]
        yield f"| {job.name} | {' | '.join(costs)} | {job.hold} | {job.aim} |"
    for name, unit in (("memory", "MB that a worker has counted into"), ("files", "MB of files of arrays")):
        yield f"| {unit} | {' | '.join(f'{one[name]:.0f}' for one in columns)} | | | | |"


def measured(databases: list[str], before: Path | None, before_database: str, *, beside: bool = True) -> str:
    """A table of all jobs in Markdown, a column for each archive; DuckDB is asked about the last one."""
    with TemporaryDirectory(prefix="dateline-counts-") as temporary:
        columns = [dict(_measured(url, Path(temporary, str(number)))) for number, url in enumerate(databases)]
        theirs: dict[str, float] = {}
        if beside:
            with _parquet(databases[-1], Path(temporary)) as connection:
                theirs = {job.name: _duckdb_cost(connection, job.sql) for job in JOBS}
    earlier = dict(_measured_before(before, before_database)) if before else {}
    return "\n".join(_table(columns, theirs, earlier))


def main(
    databases: Annotated[list[str], typer.Argument(help="URLs of loaded archives, the largest last.")],
    results: Annotated[bool, typer.Option("--results", help="Write COUNTS.md.")] = False,
    beside: Annotated[
        bool, typer.Option("--duckdb/--no-duckdb", help="Ask DuckDB, too; its files take minutes.")
    ] = True,
    before: Annotated[Path | None, typer.Option(help="The command of an earlier build.")] = None,
    before_database: Annotated[str, typer.Option(help="URL of its archive.")] = "",
) -> None:
    """A table of all jobs."""
    lines = measured(databases, before, before_database, beside=beside)
    typer.echo(lines)
    if results:
        version = duckdb.__version__ if beside else "was not asked"
        told = (__doc__ or "").partition("\n\n")[2].replace(" `--results` writes COUNTS.md.", "").strip()
        RESULTS.write_text(
            f"# What counting costs\n\n{datetime.now(UTC):%-d %B %Y}, DuckDB {version}.\n\n{told}\n\n{lines}\n\n"
            "Printed by `python -m tests.bench.counts --results`.\n",
            "utf-8",
        )


if __name__ == "__main__":
    typer.run(main)
