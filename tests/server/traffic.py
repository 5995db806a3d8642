"""Concurrent clients of a running service: they send requests in a loop and record the responses."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import httpx2

TIMEOUT_SECONDS = 120.0
"""Seconds that anything may take; two slow cores may be busy with other tests."""


@dataclass(frozen=True)
class TimedResponse:
    """One response, and when it was requested and received (`time.monotonic`)."""

    reader: int
    path: str
    status: int
    headers: httpx2.Headers
    body: bytes
    asked: float
    given: float


class Traffic:
    """So many readers who ask these paths in rotation, as long as the block lasts. What cannot be answered at all, a
    connection refused or broken off, ends the test that waits."""

    def __init__(self, base: str, paths: Sequence[str], readers: int = 4) -> None:
        self.told: list[TimedResponse] = []
        self._broken: list[Exception] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(base, paths, reader)) for reader in range(readers)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def next(self, count: int, like: Callable[[TimedResponse], bool] = lambda told: True) -> list[TimedResponse]:
        """Waits for so many answers of a kind to questions that are asked from now on, and for one to each reader, so
        that nothing from before is still open; gives all since then."""
        now, deadline = time.monotonic(), time.monotonic() + TIMEOUT_SECONDS
        while True:
            since = [told for told in self.told if told.asked > now]
            if sum(map(like, since)) >= count and len({told.reader for told in since}) == len(self._threads):
                return since
            if self._broken:
                raise self._broken[0]
            if time.monotonic() > deadline:
                raise AssertionError(f"only {sum(map(like, since))} of {len(since)} answers are as they should be")
            time.sleep(0.02)

    def _read(self, base: str, paths: Sequence[str], reader: int) -> None:
        try:
            with httpx2.Client(base_url=base, timeout=TIMEOUT_SECONDS) as client:
                for path in islice(cycle(paths), reader, None):
                    if self._over.is_set():
                        return
                    asked = time.monotonic()
                    response = client.get(path)
                    given = time.monotonic()
                    self.told.append(
                        TimedResponse(
                            reader, path, response.status_code, response.headers, response.content, asked, given
                        )
                    )
        except Exception as error:
            self._broken.append(error)


def until(happened: Callable[[], bool]) -> float:
    """Waits for something to happen; how many seconds it took."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() < began + TIMEOUT_SECONDS, "it never happened"
        time.sleep(0.02)
    return time.monotonic() - began
