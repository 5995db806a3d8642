"""The uvicorn server: connection limits, worker processes, metrics and graceful shutdown.

The first signal (SIGTERM, or Ctrl-C) refuses new connections and waits up to `GRACEFUL_SHUTDOWN_SECONDS` for running
responses and downloads. The second one ends the process immediately.
"""

import ctypes
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from app.server.access_log import logging_config
from app.server.prepared_response import PreparedResponder, responder
from app.server.signals import hold_signals
from app.server.uvicorn_internals import BoundedHttpProtocol, GracefulServer, WorkerSupervisor

GRACEFUL_SHUTDOWN_SECONDS = 60
"""Time for running responses to finish after the first signal."""

UVICORN_OPTIONS: dict[str, Any] = {
    "http": BoundedHttpProtocol,
    "ws": "none",
    "access_log": False,
    "server_header": False,
    "date_header": False,  # BoundedHttpProtocol sends its own
    # No response depends on the client's address or on the forwarded scheme.
    "proxy_headers": False,
}
"""uvicorn's settings for HTTP connections."""

MAX_OPEN_FILES = 8192
"""Files that a process wants to have open at a time, most of them connections that wait for events."""

MALLOC_SETTINGS = {
    "MALLOC_ARENA_MAX": (-8, 2),
    "MALLOC_MMAP_THRESHOLD_": (-3, 2**20),
    "MALLOC_TRIM_THRESHOLD_": (-1, 2**24),
}
"""Settings of glibc's allocator: the environment variable, the number of the same in `mallopt`, and the value.

All threads share two arenas: with up to eight for each core the holes that large answers leave behind make a process
half as large again (`tests/bench/soak.py`). What takes a megabyte or more is given back as soon as it is free: glibc
would soon keep up to 32 MB each, and a worker that has added up a million claims be 410 MB large in place of 220. With
these, 16 MB may stay free at the end of the heap, so that answers of 200 kB need not be given back one by one."""


ARROW_POOL = ("ARROW_DEFAULT_MEMORY_POOL", "system")
"""The environment variable of Arrow's allocator, and its value: with glibc's, which has the settings above, a worker
that makes a Parquet file is 20 MB smaller."""


def serve(
    create: Callable[[], PreparedResponder],
    host: str,
    port: int,
    workers: int,
    *,
    access_log: bool,
    metrics: tuple[str, int] | None,
) -> None:
    """Serves the application that `create` returns, in each worker, until a signal ends it; figures for Prometheus on
    `metrics`, another host and port.

    The process is the server's from here on, and so are its signals, memory allocator and environment.
    """
    hold_signals()
    config = uvicorn.Config(
        partial(_created, create),
        factory=True,
        host=host,
        port=port,
        workers=workers,
        # A worker answers when it has imported everything. On a busy machine that takes longer than the five seconds
        # after which it would be replaced by another that takes as long.
        timeout_worker_healthcheck=60,
        log_config=logging_config(access=access_log),
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
        **UVICORN_OPTIONS,
    )
    set_allocator()
    _raise_open_files()
    # After shutdown uvicorn raises the signal again; that is to be a normal exit.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _serving_metrics(*metrics) if metrics else nullcontext():
        if workers > 1:
            WorkerSupervisor(config, [config.bind_socket()]).run()
        else:
            GracefulServer(config).run()


def _created(create: Callable[[], PreparedResponder]) -> PreparedResponder:
    """Creates the application. What would hide its prepared responses is refused before anybody connects."""
    return responder(create())


def set_allocator() -> None:
    """Takes the settings of glibc's allocator that nobody has made. Another C library has no such thing."""
    os.environ.setdefault(*ARROW_POOL)
    for variable, (option, value) in MALLOC_SETTINGS.items():
        # Workers read it when they start; for this process it is too late. Whoever has set it knows better.
        if os.environ.setdefault(variable, str(value)) == str(value):
            with suppress(AttributeError):
                ctypes.CDLL(None).mallopt(option, value)


def _raise_open_files() -> None:
    """Takes as many open files as are wanted and allowed; workers inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def _serving_metrics(host: str, port: int) -> Iterator[None]:
    """Has the workers write their metrics into a temporary folder, and serves them."""
    with TemporaryDirectory(prefix="dateline-metrics-") as folder:
        # The library looks for it when it is imported, here and in each worker.
        os.environ.update({"PROMETHEUS_MULTIPROC_DIR": folder})
        from app.server.metrics import serving_metrics

        with serving_metrics(host, port, Path(folder)):
            yield
