"""Reads the files of PostgreSQL's tables and indexes, to see what stands in them beside what a statement finds."""

from collections.abc import Iterator
from itertools import count

from sqlalchemy import URL, Connection

from app.storage import postgresql

_MAY_READ = "SELECT current_setting('is_superuser') = 'on'"
_FILES = (
    "SELECT c.oid::regclass::text, pg_relation_filepath(c.oid) FROM pg_class AS c "
    "JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'i', 't', 'm') "
    "AND (n.nspname NOT IN ('pg_catalog', 'information_schema') OR starts_with(c.relname, 'pg_statistic')) "
    "AND pg_relation_filepath(c.oid) IS NOT NULL ORDER BY 1"
)
_READ = "SELECT pg_read_binary_file(%s, %s, %s, true)"


def file_chunks(url: URL, size: int) -> Iterator[tuple[str, bytes]]:
    """Yields the bytes of the files of all tables and indexes, each with the name of its table or index, in chunks of
    at most `size`; nothing where the role may not read files of the server."""
    engine = postgresql.writer_engine(url)
    try:
        with engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            if not connection.exec_driver_sql(_MAY_READ).scalar():
                return
            connection.exec_driver_sql("CHECKPOINT")  # writes what is in the server's memory alone
            for relation, path in connection.exec_driver_sql(_FILES).all():
                for segment in count():
                    chunks = _chunks(connection, f"{path}.{segment}" if segment else path, size)
                    if (first := next(chunks, b"")) == b"":
                        break
                    yield relation, first
                    yield from ((relation, chunk) for chunk in chunks)
    finally:
        engine.dispose()


def _chunks(connection: Connection, path: str, size: int) -> Iterator[bytes]:
    for offset in count(0, size):
        chunk = connection.exec_driver_sql(_READ, (path, offset, size)).scalar()
        if not chunk:
            return
        yield bytes(chunk)
