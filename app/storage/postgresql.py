"""PostgreSQL engines for the writer and for readers, with their timeouts.

Several hosts in the URL are tried by the driver itself, by the URL's `target_session_attrs` and `load_balance_hosts`.
Imported only for a database of this kind, because its driver is an extra.

The only file that relies on psycopg beyond its documentation (seen in 3.3): all that a connection does goes through
`wait`, whose generator (`PQGen`) yields what it waits for and is sent a false value when nothing has come in a while;
and `pgconn.finish` closes a connection without asking its server.
"""

import logging
from collections.abc import Generator, Iterable
from math import inf
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event

T = TypeVar("T")

SILENCE_TIMEOUT_SECONDS = 8
"""Seconds without a byte from the server after which a reader closes its connection; at least the time limit of a
statement."""

RECYCLE_SECONDS = 300
"""Seconds that a reader's connection lives, so that a server that is back gets its share of connections again."""

BACKOFF_SECONDS = 0.5
"""Seconds that a failed attempt to connect must take for others to fail fast, and for how long they do."""

URL_DEFAULTS = {"connect_timeout": "3", "fallback_application_name": "dateline"}
"""Parameters of the connection unless the URL has them. The driver's own timeout would be two minutes for each host."""

# The driver logs what it also raises.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_ONE_WRITER = "SELECT pg_advisory_xact_lock(7030201)"


def writer_engine(url: URL) -> Engine:
    """Returns an engine for one writer at a time, on the URL's host that accepts writes."""
    url = url.difference_update_query(["load_balance_hosts"])
    url = url.update_query_dict({"target_session_attrs": "read-write"})
    engine = _engine(url, pool_size=1, isolation_level="READ COMMITTED")
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_ONE_WRITER))
    return engine


def run_outside_transactions(url: URL, statements: Iterable[str]) -> None:
    """Runs statements on the host that accepts writes, each on its own, as `VACUUM` has to be."""
    engine = writer_engine(url)
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def reader_engine(url: URL, connections: int, seconds: float) -> Engine:
    """Returns an engine for readers, with that many connections.

    A transaction sees one state of the database and cannot change it; a statement is stopped after `seconds`.
    """
    engine = _engine(url, pool_size=connections, isolation_level="REPEATABLE READ", pool_recycle=RECYCLE_SECONDS)
    event.listen(engine, "do_connect", _ReadConnector(seconds).connect)
    return engine


def _engine(url: URL, **options: Any) -> Engine:
    url = url.set(drivername="postgresql+psycopg").update_query_dict({**URL_DEFAULTS, **url.query})
    arguments = {}
    if "prepare_threshold" in url.query:
        threshold = str(url.query["prepare_threshold"])
        url = url.difference_update_query(["prepare_threshold"])
        arguments["prepare_threshold"] = int(threshold) if threshold.isdecimal() else None
    return create_engine(url, max_overflow=0, connect_args=arguments, **options)


class _ReadConnector:
    """Opens readers' connections. After an attempt that took long and failed, others fail at once for BACKOFF_SECONDS,
    so that no queue of threads builds up behind a server that does not answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._backoff_until = -inf

    def connect(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> "_ReadConnection":
        began = monotonic()
        if began < self._backoff_until:
            raise psycopg.OperationalError("no server could be reached a moment ago")
        try:
            connection = _ReadConnection.connect(*arguments, **options)
        except psycopg.OperationalError:
            if monotonic() - began > BACKOFF_SECONDS:
                self._backoff_until = monotonic() + BACKOFF_SECONDS
            raise
        connection.silence = max(SILENCE_TIMEOUT_SECONDS, self._seconds + 3)
        try:
            # Queries by place are a thousand expressions over few rows, and compiling these took 1.5 s for 19 rows.
            connection.execute("SET jit = off")
            if self._seconds < inf:
                connection.execute(f"SET statement_timeout = {round(self._seconds * 1000)}")
            connection.commit()
        except psycopg.Error:
            connection.close()
            raise
        connection.read_only = True
        return connection


class _ReadConnection(psycopg.Connection[Any]):
    """A connection that closes itself when its server is silent, because it hangs or the network is down."""

    silence: float = SILENCE_TIMEOUT_SECONDS

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        return super().wait(self._checking_silence(gen), *args, **options)

    def _checking_silence(self, steps: PQGen[T]) -> Generator[Any, Any, T]:
        last_received = monotonic()
        try:
            awaited = next(steps)
            while True:
                ready = yield awaited
                if ready:
                    last_received = monotonic()
                elif monotonic() - last_received > self.silence:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server has been silent for {self.silence:g} seconds")
                awaited = steps.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result
