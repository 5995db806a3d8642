"""Other processes that do a part of a long piece of work.

They are started afresh (`spawn`), so that nothing of a database connection or a thread is shared. They end when they
are told to, when whoever started them ends, however that happens, and leave Ctrl-C to it.
"""

import gc
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_AHEAD = 2
"""So many tasks does a process have before it, so that it need not wait for the next."""

_WAITING = 8
"""When so many results wait for one before them, no more work is given out."""


SELDOM = (100_000, 50, 100)
"""Thresholds of the garbage collector for work that makes many objects and hardly any circles."""


class WorkerError(Exception):
    """A process ended before its work was done."""


class Workers:
    """So many processes; none: the work is done here. `folder` is theirs to remove if they are left alone."""

    def __init__(self, processes: int, folder: Path) -> None:
        context = get_context("spawn")
        self._connections: list[Connection[Any, Any]] = []
        self._processes = []
        for _ in range(processes):
            mine, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, folder), daemon=True)
            process.start()
            theirs.close()
            self._connections.append(mine)
            self._processes.append(process)

    def map(self, function: Callable[[C, A], B], shared: C, items: Iterable[A]) -> Iterator[B]:
        """The results of a function of a module, in the order of the items. What is shared is sent once."""
        if not self._connections:
            yield from (function(shared, item) for item in items)
            return
        try:
            for connection in self._connections:
                connection.send((function, shared))
            yield from self._shared_out(items)
        except (EOFError, OSError) as error:
            raise WorkerError("a process that helped has ended; is there enough memory?") from error

    def _shared_out(self, items: Iterable[Any]) -> Iterator[Any]:
        """Each process gets the next item when it has little to do; results wait for those before them."""
        tasks: dict[Connection[Any, Any], deque[int]] = {connection: deque() for connection in self._connections}
        left = enumerate(items)
        results: dict[int, Any] = {}
        done = 0
        while True:
            for connection, its_tasks in tasks.items():
                while len(its_tasks) < _AHEAD and len(results) < _WAITING and (item := next(left, None)) is not None:
                    connection.send((None, item[1]))
                    its_tasks.append(item[0])
            if done in results:
                yield results.pop(done)
                done += 1
            elif busy := [connection for connection, its_tasks in tasks.items() if its_tasks]:
                ready = wait(busy)
                for connection in (one for one in busy if one in ready):
                    results[tasks[connection].popleft()] = _result(connection)
            else:
                return

    def close(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for connection in self._connections:
            connection.close()


def _result(connection: "Connection[Any, Any]") -> Any:
    done, result = connection.recv()
    if not done:
        raise result
    return result


def _serve(connection: "Connection[Any, Any]", folder: Path) -> None:
    """A process's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*SELDOM)
    tasks: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
    Thread(target=_listen, args=(connection, tasks, folder), daemon=True).start()
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
            connection.send(answer)
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
