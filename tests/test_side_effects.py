"""Imports read nothing but Python modules, and constructors leave the process as it is."""

import json
import platform
import subprocess
import sys
from typing import Any

import pytest

from app.main import SWITCH_INTERVAL_SECONDS
from app.settings import ROOT

pytestmark = pytest.mark.heavy

IMPORTS = """
import json, sys
from pathlib import Path

opened = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(ROOT):
        opened.add(arguments[0])

ROOT = sys.argv[1]
sys.addaudithook(note)
import app.main
import app.server.uvicorn_server
ours = {path for path in opened if "site-packages" not in path and "__pycache__" not in path}
print(json.dumps(sorted(path for path in ours if not path.endswith(".py"))))
"""

CONSTRUCTORS = """
import gc, json, os, signal, sys, threading

def settings():
    signals = {number: str(signal.getsignal(number)) for number in signal.valid_signals()}
    return {
        "environment": dict(os.environ), "switch interval": sys.getswitchinterval(), "signals": signals,
        "threads": threading.active_count(), "thresholds": gc.get_threshold(), "path": sys.path,
        "recursion": sys.getrecursionlimit(), "folder": os.getcwd(), "frozen": gc.get_freeze_count(),
    }

from app.main import create_app
from app.settings import Settings
from app.storage.database import Database
from app.storage.reader import Reader

before = settings()
url = "sqlite:////nowhere/dateline.db"
made = Database(url), Reader(Database(url)), create_app(Settings(database_url=url))
print(json.dumps([name for name, value in settings().items() if value != before[name]]))
"""


SERVICE = """
import gc, json, sys

from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

def settings():
    return [gc.get_freeze_count() > 100_000, sys.getswitchinterval()]

before = settings()
with TestClient(create_app(Settings(database_url="sqlite:////nowhere/dateline.db"))):
    meanwhile = settings()
print(json.dumps([before, meanwhile, settings()]))
"""

UNUSED = """
import gc, json, weakref

from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

def is_freed(path):
    with TestClient(create_app(Settings(database_url="sqlite:////nowhere/dateline.db"))) as client:
        client.get(path)
        app = weakref.ref(client.app)
    del client
    gc.collect()
    return app() is None

print(json.dumps([is_freed("/healthz"), is_freed("/openapi.yaml")]))
"""

FREED = """
import json
from pathlib import Path

from app.counts.files import trim_heap

def kilobytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

blocks = [bytearray(30_000) for _ in range(3_000)]
last = bytearray(30_000)
before = kilobytes()
del blocks
freed = kilobytes()
trim_heap()
print(json.dumps([before, freed, kilobytes()]))
"""


ALLOCATED = """
import json, sys
from pathlib import Path

from app.server.uvicorn_server import set_allocator

def kilobytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

if sys.argv[2] == "as a server":
    set_allocator()
size = 20_000_000
bytearray(size)  # from then on glibc keeps blocks as large
block, last = bytearray(size), bytearray(30_000)
before = kilobytes()
del block
print(json.dumps(before - kilobytes()))
"""


def told(code: str, *arguments: str) -> Any:
    """What a program prints, as JSON."""
    command = [sys.executable, "-c", code, str(ROOT), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_importing_the_service_opens_no_files_but_modules() -> None:
    assert told(IMPORTS) == []


def test_creating_the_service_changes_nothing_about_the_process() -> None:
    assert told(CONSTRUCTORS) == []


def test_a_service_looks_at_what_it_has_imported_no_more() -> None:
    """A full garbage collection would: a quarter of a second in which nothing is answered."""
    before, meanwhile, afterwards = told(SERVICE)
    assert meanwhile == [True, SWITCH_INTERVAL_SECONDS]
    assert before == afterwards
    assert before[0] is False


def test_a_service_that_nobody_uses_is_freed() -> None:
    """FastAPI remembers what it has found out about handlers, and so whatever they refer to."""
    assert told(UNUSED) == [True, True]


of_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep no free memory")


@of_glibc
def test_a_server_keeps_no_large_blocks() -> None:
    assert told(ALLOCATED, "as it is") < 1_000, "glibc gives them back by itself: then nothing needs to be set"
    assert told(ALLOCATED, "as a server") > 19_000


@of_glibc
def test_free_memory_goes_back_to_the_system() -> None:
    before, freed, trimmed = told(FREED)
    assert before - freed < 10_000, "glibc gives it back by itself: then nothing needs to be trimmed"
    assert before - trimmed > 80_000
