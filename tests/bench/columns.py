"""`python -m tests.bench.columns DATABASE_URL`: what whole lists cost as files, and what that cannot fall below.

Rows for a second of processor time and the most memory of one worker, for an archive of `tests.bench.invention` that
was loaded; for columns the same once the file is prepared, as it is for who reads it by ranges. Beneath it, for the
first rows in this process: what Arrow takes to read their JSON, all of it or the ids alone, and to write the same
columns as Parquet, with everything else left out.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from io import BytesIO
from tempfile import TemporaryDirectory
from time import process_time
from typing import Annotated

import typer

from app.exports.formats import Export
from app.model.codebook import shipped
from tests.bench.load import transfer
from tests.bench.servers import BenchError, Server, service

ALONE = 10_000
"""So many rows are read and written in this process."""

PREPARED = (".parquet", ".arrow")

TICK_SECONDS = 0.01
"""What processor time is counted in."""

FILES = {".parquet": "", ".arrow": "", ".csv": "", ".ndjson": "", ".xlsx": "?limit=10000"}


def _served(url: str, suffix: str, rows: int) -> Iterator[str]:
    """Lines about a file that a new worker makes, and about one that is prepared."""
    path = f"/v1/incidents{suffix}{FILES[suffix]}"
    with TemporaryDirectory(prefix="dateline-columns-") as temporary:
        settings = {"DATELINE_CACHE_BYTES": "0", "TMPDIR": temporary, "DATELINE_QUERY_SECONDS": "100"}
        with service("the service", url, settings) as server:
            server.settle()
            yield _download(server, suffix, path, rows)
            if suffix in PREPARED and _is_prepared(server, path):
                yield _download(server, f"{suffix}, prepared", path, rows)


def _download(server: Server, name: str, path: str, rows: int) -> str:
    with server.watched() as peaks:
        before = server.cpu()
        size, took = _downloaded(server, path)
        rate = rows / max(server.cpu() - before, TICK_SECONDS)
    memory = f"{peaks[0].resident / 1e6:.0f} ({peaks[0].anonymous / 1e6:.0f})"
    return f"| {name} | {rows:,} | {rate:,.0f} | {took:.1f} | {size / 1e6:.0f} | {memory} |"


def _is_prepared(server: Server, path: str) -> bool:
    """Asks for a part of the file until it is there; false if there is no room for it."""
    while True:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", path, headers={"Range": "bytes=0-0"})
        with closing(connection):
            status = connection.getresponse().status
        if status != 503:
            return status == 206
        time.sleep(1)


def _downloaded(server: Server, path: str) -> tuple[int, float]:
    """Bytes and seconds of a download, the time until a file that is sent in one piece is complete among them."""
    started = time.perf_counter()
    while True:
        try:
            size, _ = transfer(server, path, 3600)
        except BenchError as error:
            if " 503 " not in str(error):
                raise
            time.sleep(1)
        else:
            return size, time.perf_counter() - started


def _alone(documents: list[bytes]) -> tuple[float, float, float]:
    """Rows a second: Arrow's reading of JSON, of ids alone, and its writing of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    from app.exports.columnar.files import WRITING
    from app.exports.columnar.tables import Tables

    export = Export("incidents", [documents[at : at + 500] for at in range(0, len(documents), 500)], "", 1, shipped())
    list(Tables(export))  # what is made once
    started = process_time()
    table = pa.concat_tables(list(Tables(export)))
    read = process_time()
    list(Tables(replace(export, fields=("id",))))
    ids_read = process_time()
    with parquet.ParquetWriter(BytesIO(), table.schema, **WRITING) as writer:
        writer.write_table(table)
    written, rows = process_time(), len(documents)
    return rows / (read - started), rows / (ids_read - read), rows / (written - ids_read)


def _first(url: str) -> tuple[int, list[bytes]]:
    """How many incidents there are, and the documents of the first."""
    with closing(sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)) as database:
        (rows,) = database.execute("SELECT count(*) FROM incidents").fetchone()
        documents = "SELECT document FROM incidents JOIN documents USING (number) LIMIT ?"
        return rows, [one.encode() for (one,) in database.execute(documents, (ALONE,))]


def main(database: Annotated[str, typer.Argument(help="URL of a loaded archive, SQLite.")]) -> None:
    """A table of all files."""
    rows, documents = _first(database)
    memory = "peak MB of the worker (not mapped from files)"
    typer.echo(f"| file | rows | rows a second of processor time | seconds | MB | {memory} |")
    typer.echo("|---|---|---|---|---|---|")
    for suffix, query in FILES.items():
        for line in _served(database, suffix, min(rows, int(query.rpartition("=")[2] or rows))):
            typer.echo(line)
    read, ids_read, written = _alone(documents)
    size = sum(map(len, documents)) / len(documents)
    typer.echo(f"\nOf {len(documents):,} documents of {size:,.0f} bytes, with all columns, in one thread:")
    typer.echo(f"Arrow reads the JSON of {read:,.0f} a second, and writes {written:,.0f} a second as Parquet.")
    typer.echo(f"To find the ids alone in the same JSON it reads {ids_read:,.0f} a second.")


if __name__ == "__main__":
    typer.run(main)
