"""Imports read nothing but Python modules, and constructors leave the process as it is."""

import json
import subprocess
import sys

import pytest

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
        "recursion": sys.getrecursionlimit(), "folder": os.getcwd(),
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


def told(code: str) -> list[str]:
    """What a program prints, as JSON."""
    done = subprocess.run([sys.executable, "-c", code, str(ROOT)], cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_importing_the_service_opens_no_files_but_modules() -> None:
    assert told(IMPORTS) == []


def test_creating_the_service_changes_nothing_about_the_process() -> None:
    assert told(CONSTRUCTORS) == []
