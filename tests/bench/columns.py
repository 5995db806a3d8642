"""`python -m tests.bench.columns DATABASE_URL`: what whole lists cost as files, and what that cannot fall below.

Rows for a second of processor time and the most memory of one worker, for an archive of `tests.bench.invention` that
was loaded. Beneath it, for the first rows in this process: what Arrow takes to read their JSON, and to write the same
columns as Parquet, with everything else left out.
"""

import sqlite3
import time
from contextlib import closing
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

FILES = {".parquet": "", ".arrow": "", ".csv": "", ".ndjson": "", ".xlsx": "?limit=10000"}


def _served(url: str, suffix: str, rows: int) -> str:
    """A line about a file that a new worker makes."""
    with TemporaryDirectory(prefix="dateline-columns-") as temporary:
        settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_CACHE_DIR": temporary, "DATELINE_QUERY_SECONDS": "100"}
        with service("the service", url, settings) as server, server.watched() as peaks:
            before = server.cpu()
            size, took = _downloaded(server, f"/v1/incidents{suffix}{FILES[suffix]}")
            rate = rows / (server.cpu() - before)
    return f"| {suffix} | {rows:,} | {rate:,.0f} | {took:.0f} | {size / 1e6:.0f} | {peaks[0].resident / 1e6:.0f} |"


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


def _alone(documents: list[bytes]) -> tuple[float, float]:
    """Rows a second: Arrow's reading of JSON, and its writing of Parquet."""
    import pyarrow as pa
    from pyarrow import parquet

    from app.exports.columnar.files import WRITING
    from app.exports.columnar.tables import Tables

    export = Export("incidents", [documents[at : at + 500] for at in range(0, len(documents), 500)], "", 1, shipped())
    list(Tables(export))  # what is made once
    started = process_time()
    table = pa.concat_tables(list(Tables(export)))
    read = process_time()
    with parquet.ParquetWriter(BytesIO(), table.schema, **WRITING) as writer:
        writer.write_table(table)
    return len(documents) / (read - started), len(documents) / (process_time() - read)


def _first(url: str) -> tuple[int, list[bytes]]:
    """How many incidents there are, and the documents of the first."""
    with closing(sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)) as database:
        (rows,) = database.execute("SELECT count(*) FROM incidents").fetchone()
        documents = "SELECT document FROM incidents JOIN documents USING (number) LIMIT ?"
        return rows, [one.encode() for (one,) in database.execute(documents, (ALONE,))]


def main(database: Annotated[str, typer.Argument(help="URL of a loaded archive, SQLite.")]) -> None:
    """A table of all files."""
    rows, documents = _first(database)
    typer.echo("| file | rows | rows a second of processor time | seconds | MB | peak MB of the worker |")
    typer.echo("|---|---|---|---|---|---|")
    for suffix, query in FILES.items():
        typer.echo(_served(database, suffix, min(rows, int(query.rpartition("=")[2] or rows))))
    read, written = _alone(documents)
    size = sum(map(len, documents)) / len(documents)
    typer.echo(f"\nOf {len(documents):,} documents of {size:,.0f} bytes, with all columns, in one thread:")
    typer.echo(f"Arrow reads the JSON of {read:,.0f} a second, and writes {written:,.0f} a second as Parquet.")


if __name__ == "__main__":
    typer.run(main)
