"""`python -m tests.bench.soak --minutes 30`: a real server under mixed load, and a new release every minute.

Prints what the server holds all the while (memory, handles, threads) and whether that stays flat; exit code 1 if not.
"""

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier, BrokenBarrierError, Event, Thread
from typing import Annotated

import typer

from tests.bench import invention
from tests.bench.servers import CLIENT_CORE, BenchError, Server, service
from tests.bench.visitors import PATIENCE, Visitor, visits
from tests.live import dateline

RESULTS = Path(__file__).parent / "SOAK.md"
VISITORS = 6
PAUSE = 0.005
"""Seconds between an answer and the next question of a visitor, so that the machine has time for other things."""

EVERY = 60.0
"""Seconds from one release to the next; in a short run there are three."""

MEGABYTE = 2**20
GROWTH = 0.05
"""The share that memory may grow by over the second half, by the slope of its samples."""

CACHE = 32 * MEGABYTE
"""What the memory of answers may take: so little that it is full long before the second half."""

UNAVAILABLE = 0.05
"""The share of the answers to one kind of visit that may be 503, when there are more than a handful of them."""

_HANDFUL = 10

POOLED = 8
"""So many handles more or fewer at rest are chance: how many connections the pools keep open."""

_ROWS = 12


@dataclass(frozen=True)
class Sample:
    """What the server holds at one time. Sizes are megabytes; `log` is SQLite's write-ahead log."""

    seconds: float
    answers: int
    release: int
    resident: float
    anonymous: float
    handles: int
    threads: int
    log: float


@dataclass
class Soak:
    """A server, those who visit it, and what was seen of both."""

    server: Server
    database: Path
    incidents: int
    load: Callable[[int], None]
    """Loads the release with this number."""

    outcomes: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    rests: list[int] = field(default_factory=list)
    """Handles while nobody asked anything: early on, half-way, and at the end."""

    failures: list[str] = field(default_factory=list)
    release: int = 1
    _started: float = field(default_factory=time.monotonic)
    _loading: Thread = field(default_factory=Thread)
    _over: Event = field(default_factory=Event)
    _resting: Event = field(default_factory=Event)
    _meeting: Barrier = field(default_factory=lambda: Barrier(VISITORS + 1))

    def run(self, seconds: float) -> None:
        """Load for so many seconds, with three rests. Raises BenchError when a visitor met what should not be."""
        threads = [Thread(target=self._visit, args=(number,)) for number in range(VISITORS)]
        for thread in threads:
            thread.start()
        try:
            for part in (0.1, 0.5, 1.0):
                self._watch(
                    self._started + seconds * part, every=min(5.0, seconds / 60), change=min(EVERY, seconds / 4)
                )
                self._rest()
        except BrokenBarrierError as error:
            raise BenchError("; ".join(self.failures) or "a visitor does not stop") from error
        finally:
            self._over.set()
            self._meeting.abort()
            for thread in (*threads, *([self._loading] if self._loading.is_alive() else [])):
                thread.join(PATIENCE)
        if self.failures:
            raise BenchError("; ".join(self.failures))
        self.samples.append(self._sample())

    def _watch(self, end: float, every: float, change: float) -> None:
        while time.monotonic() < end and not self.failures:
            self.samples.append(self._sample())
            if self.samples[-1].seconds > self.release * change and not self._loading.is_alive():
                self._loading = Thread(target=self._load)
                self._loading.start()
            time.sleep(every)

    def _load(self) -> None:
        try:
            self.load(self.release + 1)
            self.release += 1
        except BenchError as error:
            self.failures.append(str(error))
            self._meeting.abort()

    def _rest(self) -> None:
        """Everybody stops. Handles are counted when they have become as few as they will."""
        self._resting.set()
        self._meeting.wait(PATIENCE)
        least, since = self._sample().handles, time.monotonic()
        while time.monotonic() < since + 3:
            time.sleep(0.2)
            if (handles := self._sample().handles) < least:
                least, since = handles, time.monotonic()
        self.rests.append(least)
        self._resting.clear()
        self._meeting.wait(PATIENCE)

    def _sample(self) -> Sample:
        process = Path(f"/proc/{self.server.process}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        log = self.database.with_name(f"{self.database.name}-wal")
        return Sample(
            seconds=time.monotonic() - self._started,
            answers=self.outcomes.total(),
            release=self.release,
            resident=int(status["VmRSS"].split()[0]) / 1024,
            anonymous=int(status["RssAnon"].split()[0]) / 1024,
            handles=len(os.listdir(process / "fd")),
            threads=int(status["Threads"]),
            log=log.stat().st_size / MEGABYTE if log.exists() else 0.0,
        )

    def _visit(self, number: int) -> None:
        names, does, frequencies = visits()
        visitor = Visitor(self.server.port, self.incidents, random.Random(number))
        # Each does everything once, beginning somewhere else, and then whatever comes.
        first = [*range(number, len(names)), *range(number)]
        try:
            while first or not self._over.is_set():
                if self._resting.is_set():
                    self._meeting.wait(PATIENCE)
                    self._meeting.wait(PATIENCE)
                chosen = first.pop() if first else visitor.dice.choices(range(len(names)), frequencies)[0]
                self.outcomes[f"{names[chosen]} {does[chosen](visitor)}"] += 1
                time.sleep(PAUSE)
        except BrokenBarrierError:
            return
        except Exception as error:  # told by whoever waits for the thread
            self.failures.append(f"{names[chosen]}: {type(error).__name__}: {error}")
            self._meeting.abort()

    # What came of it.

    def complaints(self) -> list[str]:
        """What did not stay flat, and who was turned away too often."""
        second = self.samples[len(self.samples) // 2 :]
        complaints = []
        for name in ("anonymous", "handles", "threads"):
            values = [float(getattr(sample, name)) for sample in second]
            growth = _slope([sample.seconds for sample in second], values) * (second[-1].seconds - second[0].seconds)
            if growth > max(GROWTH * median(values), POOLED):
                complaints.append(f"{name} grew by {growth:.1f} over the second half")
        if self.rests[-1] > self.rests[1] + POOLED:
            complaints.append(f"handles at rest grew from {self.rests[1]} to {self.rests[-1]}")
        for name in visits()[0]:
            answers = sum(number for outcome, number in self.outcomes.items() if outcome.startswith(f"{name} "))
            refused = self.outcomes[f"{name} 503"]
            if refused > max(_HANDFUL, UNAVAILABLE * answers):
                complaints.append(f"{name} was answered 503 {refused} times of {answers}")
        return complaints


def _slope(times: list[float], values: list[float]) -> float:
    """The median of the slopes between all pairs of some 100 samples (Theil and Sen): outliers do not count."""
    some = list(zip(times, values, strict=True))[:: max(1, len(times) // 100)]
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(some, 2))


def report(soak: Soak, command: str) -> str:
    """What was seen, as Markdown."""
    last, complaints = soak.samples[-1], soak.complaints()
    lines = [
        f"# Soak: {last.seconds / 60:.0f} minutes of mixed load",
        "",
        f"`{command}`, {datetime.now(UTC):%-d %B %Y}: {soak.outcomes.total():,} answers from one worker over "
        f"{soak.incidents:,} incidents and as many quotes (SQLite), {soak.release} releases. Memory is what of RSS is "
        "not the page cache's; the database file itself is mapped, and counts in RSS. The memory of answers may take "
        f"{CACHE // MEGABYTE} MB.",
        "",
        "| minute | answers | release | RSS MB | memory MB | handles | threads | WAL MB |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for number in range(_ROWS + 1):
        one = min(soak.samples, key=lambda sample: abs(sample.seconds - last.seconds * number / _ROWS))
        lines.append(
            f"| {one.seconds / 60:.1f} | {one.answers:,} | {one.release} | {one.resident:.0f} | {one.anonymous:.0f} "
            f"| {one.handles} | {one.threads} | {one.log:.1f} |"
        )
    outcomes = ", ".join(f"{name} ×{number:,}" for name, number in sorted(soak.outcomes.items()))
    verdict = f"Not flat: {'; '.join(complaints)}." if complaints else "Flat: memory, handles and threads."
    rests = ", ".join(map(str, soak.rests))
    return "\n".join(
        [*lines, "", f"{verdict} Handles at rest, early, half-way and at the end: {rests}.", "", f"{outcomes}.", ""]
    )


def main(
    minutes: Annotated[float, typer.Option(help="How long.", min=0.1)] = 30,
    incidents: Annotated[int, typer.Option(help="So many incidents, and as many quotes.", min=100)] = 2_000,
    results: Annotated[Path | None, typer.Option(help="Where to write; SOAK.md from 10 minutes on.")] = None,
) -> None:
    """Put a server under mixed load and see whether it stays as it is."""
    with TemporaryDirectory(prefix="dateline-soak-") as temporary:
        folder = Path(temporary)
        url = f"sqlite:///{folder}/dateline.db"
        invention.write(folder / "seed", incidents)
        release(folder / "seed", url, 1)
        try:
            with service("the service", url, {"DATELINE_CACHE_BYTES": str(CACHE)}) as server:
                os.sched_setaffinity(0, {CLIENT_CORE})
                soak = Soak(
                    server, folder / "dateline.db", incidents, lambda number: release(folder / "seed", url, number)
                )
                soak.run(minutes * 60)
        except BenchError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
    text = report(soak, f"python -m tests.bench.soak --minutes {minutes:g} --incidents {incidents}")
    typer.echo(text)
    if target := results or (RESULTS if minutes >= 10 else None):
        target.write_text(text, "utf-8")
    if soak.complaints():
        raise typer.Exit(1)


def release(seed: Path, url: str, number: int) -> None:
    """Loads the archive with another title in each article, so that it is another release."""
    for path in seed.glob("articles/*/incidents.jsonl"):
        first, _, others = path.read_text("utf-8").partition("\n")
        path.write_text(json.dumps({**json.loads(first), "title": f"Title {number}"}) + "\n" + others, "utf-8")
    environment = {**os.environ, "DATELINE_DATABASE_URL": url}
    done = subprocess.run(["nice", dateline(), "load", seed], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"release {number} cannot be loaded: {done.stderr}")


if __name__ == "__main__":
    typer.run(main)
