"""Prometheus metrics on a port of their own. Imported only if they are enabled: the library is an extra.

Every worker writes its metrics into files of one folder, and the parent process serves their sums. So they do not
depend on which worker answers, and survive a worker's death.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from app.server.access_log import AccessRecord
from app.storage.reader import Reader

BUCKET_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SAMPLE_SECONDS = 1.0


class Metrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._requests = Counter(
            "dateline_requests",
            "Requests by route, first digit of the status, and what the memory of answers did: hit, stale or none.",
            ("route", "status", "cache"),
            registry=registry,
        )
        self._seconds = Histogram(
            "dateline_request_seconds",
            "From the request to the last byte of its answer, or until memory had it.",
            ("route",),
            buckets=BUCKET_SECONDS,
            registry=registry,
        )
        self._streams = Gauge("dateline_streams", "Downloads that run.", multiprocess_mode="livesum", registry=registry)
        self._waiting = Gauge(
            "dateline_waiting_reads", "Reads that wait for a thread.", multiprocess_mode="livesum", registry=registry
        )
        self._release = Gauge(
            "dateline_release", "The release last answered from.", multiprocess_mode="livemostrecent", registry=registry
        )

    def count(self, record: AccessRecord) -> None:
        """Counts a request. Requests that match no route are counted under one label, `none`."""
        route = record.route or "none"
        self._requests.labels(route, f"{record.status // 100}xx", record.cache or "none").inc()
        self._seconds.labels(route).observe(record.ms / 1000)
        if record.release is not None:
            self._release.set(record.release)

    async def sample(self, reader: Reader) -> None:
        """Updates the gauges once per `_SAMPLE_SECONDS` until cancelled."""
        while True:
            self._streams.set(len(reader.streams))
            self._waiting.set(reader.queued)
            await asyncio.sleep(_SAMPLE_SECONDS)


class _WorkerCollector(Collector):
    """The metrics of all workers; live gauges leave out dead workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        for file in self._folder.glob("gauge_live*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not _is_alive(pid):
                mark_process_dead(pid, str(self._folder))
        metrics: Iterable[Metric] = MultiProcessCollector(None, str(self._folder)).collect()
        return metrics


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def serving_metrics(host: str, port: int, folder: Path) -> Iterator[None]:
    """Serves the metrics that workers write into a folder. Raises OSError if the port is unavailable."""
    registry = CollectorRegistry()
    registry.register(_WorkerCollector(folder))
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
