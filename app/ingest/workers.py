"""Other processes that do a part of a long piece of work.

They are started afresh (`spawn`), so that nothing of a database connection or a thread is shared. They end when they
are told to, when whoever started them ends, however that happens, and leave Ctrl-C to it.
"""

import gc
import os
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
from threading import Thread
from typing import Any, NamedTuple, TypeVar

if sys.platform == "linux":
    from fcntl import F_SETPIPE_SZ, fcntl

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_AHEAD = 4
"""So many tasks does a process have before it, so that it need not wait for the next."""

_ROOM = 2**20
"""Bytes of results that a process need not wait for anybody to fetch."""

_WAITING = 8
"""When so many results wait for one before them, no more work is given out."""


SELDOM = (100_000, 50, 100)
"""Thresholds of the garbage collector for work that makes many objects and hardly any circles."""


class WorkerError(Exception):
    """A process ended before its work was done."""


class _Line(NamedTuple):
    """What leads to a process and back."""

    tasks: "Connection[Any, Any]"
    results: "Connection[Any, Any]"


class Workers:
    """So many processes; none: the work is done here. `folder` is theirs to remove if they are left alone."""

    def __init__(self, processes: int, folder: Path) -> None:
        context = get_context("spawn")
        self._lines: list[_Line] = []
        self._processes = []
        for _ in range(processes):
            its_tasks, tasks = context.Pipe(duplex=False)
            results, its_results = context.Pipe(duplex=False)
            _widen(results)
            process = context.Process(target=_serve, args=(its_tasks, its_results, folder), daemon=True)
            process.start()
            its_tasks.close()
            its_results.close()
            self._lines.append(_Line(tasks, results))
            self._processes.append(process)

    def map(self, function: Callable[[C, A], B], shared: C, items: Iterable[A]) -> Iterator[B]:
        """The results of a function of a module, in the order of the items. What is shared is sent once."""
        if not self._lines:
            yield from (function(shared, item) for item in items)
            return
        try:
            for line in self._lines:
                line.tasks.send((function, shared))
            yield from self._shared_out(items)
        except (EOFError, OSError) as error:
            raise WorkerError("a process that helped has ended; is there enough memory?") from error

    def _shared_out(self, items: Iterable[Any]) -> Iterator[Any]:
        """Each process gets the next item when it has little to do; results wait for those before them."""
        tasks: dict[_Line, deque[int]] = {line: deque() for line in self._lines}
        left = enumerate(items)
        results: dict[int, Any] = {}
        done = 0
        while True:
            for line, its_tasks in tasks.items():
                while len(its_tasks) < _AHEAD and len(results) < _WAITING and (item := next(left, None)) is not None:
                    line.tasks.send((None, item[1]))
                    its_tasks.append(item[0])
            if done in results:
                yield results.pop(done)
                done += 1
            elif busy := [line for line, its_tasks in tasks.items() if its_tasks]:
                ready = wait([line.results for line in busy])
                for line in (one for one in busy if one.results in ready):
                    results[tasks[line].popleft()] = _result(line.results)
            else:
                return

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for line in self._lines:
            line.tasks.close()
            line.results.close()


def _widen(results: "Connection[Any, Any]") -> None:
    """Room for a whole result, where the system has it, so that a process goes on with its next task before this one
    is fetched."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl(results.fileno(), F_SETPIPE_SZ, _ROOM)


def _result(connection: "Connection[Any, Any]") -> Any:
    done, result = connection.recv()
    if not done:
        raise result
    return result


def _serve(asked: "Connection[Any, Any]", results: "Connection[Any, Any]", folder: Path) -> None:
    """A process's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*SELDOM)
    tasks: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
    Thread(target=_listen, args=(asked, tasks, folder), daemon=True).start()
    function: Any = None
    shared: Any = None
    while True:
        chosen, item = tasks.get()
        if chosen is not None:
            function, shared = chosen, item
            continue
        try:
            answer = True, function(shared, item)
        except Exception as error:
            answer = False, error
        try:
            results.send(answer)
        except OSError:
            _leave(folder)


def _listen(connection: "Connection[Any, Any]", tasks: "SimpleQueue[tuple[Any, Any]]", folder: Path) -> None:
    """Takes tasks at once, so that nobody waits to hand them over, and sees when there will be no more."""
    while True:
        try:
            tasks.put(connection.recv())
        except (EOFError, OSError):
            _leave(folder)


def _leave(folder: Path) -> None:
    """Whoever started this process is gone and can clear nothing away any more."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
