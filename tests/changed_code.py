"""A copy of the code, changed as a recipe says, and the service that it makes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.settings import ROOT

ASK = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
import app.main
from app.ingest.release.loading import load
from app.settings import Settings
from app.storage.database import Database
from app.storage.schema import migrate

assert Path(app.main.__file__).is_relative_to(Path.cwd()), "this is not the copy"
database, folder, *paths = sys.argv[1:]
if folder:
    opened = Database(database)
    migrate(opened)
    load(Path(folder), opened)
    opened.close()
with TestClient(app.main.create_app(Settings(database_url=database))) as client:
    answers = {path: client.get(path) for path in paths}
    print(json.dumps({path: (answer.status_code, answer.text) for path, answer in answers.items()}))
"""

PROGRAMS = {
    "dateline": "from app.cli import main; main()",
    "alembic": "from alembic.config import main; main()",
}


class Copy:
    """A copy of the code, and the service that it makes over a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        for name in ("app", "migrations", "seed"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def insert(self, file: str, before: str, lines: str) -> None:
        """Inserts lines before the only line that begins so."""
        path = self.folder / file
        text = path.read_text("utf-8")
        assert text.count(f"\n{before}") == 1, f"{file} looks different: follow the recipe again, and write it here"
        path.write_text(text.replace(f"\n{before}", f"\n{lines}{before}"), "utf-8")

    def replace(self, file: str, text: str, other: str) -> None:
        """Puts another text in the only place of one."""
        path = self.folder / file
        code = path.read_text("utf-8")
        assert code.count(text) == 1, f"{file} looks different"
        path.write_text(code.replace(text, other), "utf-8")

    def run(self, database: str, program: str, *arguments: str) -> None:
        """Runs a program with the modules of the copy over a database."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAMS[program], *arguments],
            cwd=self.folder,
            env={**os.environ, "DATELINE_DATABASE_URL": database},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def answers(self, database: str, *paths: str, load: Path | None = None) -> dict[str, tuple[int, str]]:
        """Status and text of the answers to these paths, once a folder is loaded."""
        command = [sys.executable, "-c", ASK, database, str(load or ""), *paths]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return {path: (status, text) for path, (status, text) in json.loads(done.stdout).items()}

    def changed(self) -> set[str]:
        """The files that differ from the original."""
        files = (path.relative_to(self.folder) for path in self.folder.rglob("*.py"))
        return {
            str(file)
            for file in files
            if not (ROOT / file).exists() or (ROOT / file).read_bytes() != (self.folder / file).read_bytes()
        }


def parameters(openapi: str, path: str) -> dict[str, Any]:
    """The query parameters of a path."""
    return {one["name"]: one for one in json.loads(openapi)["paths"][path]["get"]["parameters"]}
