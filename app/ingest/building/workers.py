"""Worker processes for large loads.

They are started with `spawn`, so that no database connection or thread is shared. They end when they are told to and
when their parent process ends, however that happens; Ctrl-C is left to the parent.

Not by `ProcessPoolExecutor`, although it is as fast: 300 results of 1 MB from two processes, in ten runs by turns on a
busy machine, took it 0.29 to 0.45 s by the clock (median 0.34), and these 0.20 to 0.49 s (0.30). Its processes go on
after their parent has been killed, and before Python 3.14 its `map` takes all items before it yields a result.
"""

import gc
import os
import pickle
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from struct import Struct
from threading import Thread
from typing import Any, NamedTuple, TypeVar

if sys.platform == "linux":
    from fcntl import F_SETPIPE_SZ, fcntl

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_MAX_PENDING_TASKS = 4
"""Tasks queued for each process, so that it need not wait for the next."""

_PIPE_BYTES = 2**20
"""Capacity of a result pipe: a process need not wait until results of this size are fetched."""

_MAX_WAITING_RESULTS = 8
"""Results that wait for an earlier one before no more tasks are sent."""


GC_THRESHOLDS = (100_000, 50, 100)
"""Thresholds of the garbage collector for work that creates many objects and hardly any reference cycles."""


class WorkerError(Exception):
    """A process ended before its work was done."""


class _WorkerPipes(NamedTuple):
    """The pipes to and from a worker process."""

    tasks: "Connection[Any, Any]"
    results: "Connection[Any, Any]"


class Workers:
    """A pool of worker processes; with 0, this process does the work. Orphaned workers remove `folder`."""

    def __init__(self, processes: int, folder: Path) -> None:
        context = get_context("spawn")
        self._received = bytearray()
        self._pipes: list[_WorkerPipes] = []
        self._processes = []
        for _ in range(processes):
            worker_tasks, tasks = context.Pipe(duplex=False)
            results, worker_results = context.Pipe(duplex=False)
            _grow_pipe(results)
            process = context.Process(target=_run_worker, args=(worker_tasks, worker_results, folder), daemon=True)
            process.start()
            worker_tasks.close()
            worker_results.close()
            self._pipes.append(_WorkerPipes(tasks, results))
            self._processes.append(process)

    def map(self, function: Callable[[C, A], B], shared: C, items: Iterable[A]) -> Iterator[B]:
        """Yields the results of a module-level function, in item order. `shared` is sent to each process once."""
        if not self._pipes:
            yield from (function(shared, item) for item in items)
            return
        try:
            for pipes in self._pipes:
                pipes.tasks.send((function, shared))
            yield from self._distribute(items)
        except (EOFError, OSError) as error:
            raise WorkerError("a process that helped has ended; is there enough memory?") from error

    def _distribute(self, items: Iterable[Any]) -> Iterator[Any]:
        """Sends the next item to whichever process has few pending tasks; yields results in order."""
        tasks: dict[_WorkerPipes, deque[int]] = {pipes: deque() for pipes in self._pipes}
        left = enumerate(items)
        results: dict[int, Any] = {}
        done = 0
        while True:
            for pipes, pending in tasks.items():
                while len(pending) < _MAX_PENDING_TASKS and len(results) < _MAX_WAITING_RESULTS:
                    if (item := next(left, None)) is None:
                        break
                    pipes.tasks.send((None, item[1]))
                    pending.append(item[0])
            if done in results:
                yield results.pop(done)
                done += 1
            elif busy := [pipes for pipes, pending in tasks.items() if pending]:
                ready = wait([pipes.results for pipes in busy])
                for pipes in (one for one in busy if one.results in ready):
                    results[tasks[pipes].popleft()] = self._result(pipes.results)
            else:
                return

    def _result(self, connection: "Connection[Any, Any]") -> Any:
        """Receives a result into memory that is there already, which takes half as long as `connection.recv`."""
        length = bytearray(_LENGTH.size)
        _read_into(length, connection)
        (size,) = _LENGTH.unpack(length)
        if size > len(self._received):
            self._received = bytearray(size)
        with memoryview(self._received) as received, received[:size] as data:
            _read_into(data, connection)
            done, result = pickle.loads(data)
        if not done:
            raise result
        return result

    def close(self) -> None:
        """Kills the processes, and closes their pipes."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for pipes in self._pipes:
            pipes.tasks.close()
            pipes.results.close()


def _grow_pipe(results: "Connection[Any, Any]") -> None:
    """Enlarges a pipe on Linux so that it holds a whole result, and a process goes on with its next task before the
    result is fetched."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl(results.fileno(), F_SETPIPE_SZ, _PIPE_BYTES)


_LENGTH = Struct("!Q")
"""What stands before a result: how many bytes it has."""


def _send(result: Any, connection: "Connection[Any, Any]") -> None:
    data = memoryview(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
    os.write(connection.fileno(), _LENGTH.pack(len(data)))
    while data:
        data = data[os.write(connection.fileno(), data) :]


def _read_into(memory: bytearray | memoryview, connection: "Connection[Any, Any]") -> None:
    """Fills memory with what comes next. Raises EOFError where the other process has ended."""
    view = memoryview(memory)
    while view:
        if not (size := os.readv(connection.fileno(), [view])):
            raise EOFError
        view = view[size:]


def _run_worker(connection: "Connection[Any, Any]", results: "Connection[Any, Any]", folder: Path) -> None:
    """Main function of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*GC_THRESHOLDS)
    tasks: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
    Thread(target=_receive_tasks, args=(connection, tasks, folder), daemon=True).start()
    function: Any = None
    shared: Any = None
    while True:
        chosen, item = tasks.get()
        if chosen is not None:
            function, shared = chosen, item
            continue
        try:
            outcome = True, function(shared, item)
        except Exception as error:
            outcome = False, error
        try:
            _send(outcome, results)
        except OSError:
            _exit_orphan(folder)


def _receive_tasks(connection: "Connection[Any, Any]", tasks: "SimpleQueue[tuple[Any, Any]]", folder: Path) -> None:
    """Receives tasks immediately, so that the parent never blocks, and notices when the parent is gone."""
    while True:
        try:
            tasks.put(connection.recv())
        except (EOFError, OSError):
            _exit_orphan(folder)


def _exit_orphan(folder: Path) -> None:
    """Removes the folder and exits: the parent process is gone and cannot clean up any more."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
