"""How the code is divided: packages that declare what they import, no cycles, no dead code, short files.

A failure says what to do instead.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from vulture import Vulture

APP = Path(__file__).parent.parent / "app"
MAX_LINES = 400
MAX_ENTRIES = 19

MODULES = sorted(APP.rglob("*.py"))
ROOMS = sorted(path.parent for path in APP.glob("*/__init__.py"))
WHOLE = {"main", "cli"}
"""Modules that put the rooms together, and may import all of them."""


class Declaration(NamedTuple):
    """What the docstring of a room says: the rooms that it may import, and the modules that it must not know."""

    may_import: set[str]
    must_not_know: set[str]


@cache
def declaration(room: Path) -> Declaration:
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    actual = [re.search(rf"^{words}: (.+?)\.$", text, re.MULTILINE) for words in ("May import", "Must not know")]
    assert all(actual), f"app/{room.name}/__init__.py: add lines 'May import: …' and 'Must not know: …'"
    may, must_not = (set(match[1].split(", ")) - {"nothing"} for match in actual if match)
    return Declaration(may, must_not)


def part(path: Path) -> str:
    """The part of the application that a file belongs to: its room, or its own name."""
    return path.relative_to(APP).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> set[str]:
    """The modules that a file imports, those inside functions included."""
    collected: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            collected |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively: write the module's whole name"
            collected |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return collected


def imported_files(path: Path) -> set[Path]:
    """The files of the application that a file imports."""
    return {file for name in imports(path) if (file := module_file(name)) is not None}


def modules_of_ours(path: Path) -> set[str]:
    """The modules of the application that a file imports."""
    return {name for name in imports(path) if module_file(name) is not None}


def module_file(name: str) -> Path | None:
    """The file of a module of the application; None for a name inside of one, and for other packages."""
    first, *others = name.split(".")
    path = APP.joinpath(*others)
    if first != "app":
        return None
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if others and one.exists()), None)


@pytest.mark.parametrize("room", ROOMS, ids=[room.name for room in ROOMS])
def test_a_room_imports_what_it_declares(room: Path) -> None:
    declared = declaration(room)
    used: set[str] = set()
    for path in (path for path in MODULES if part(path) == room.name):
        of_ours = {name.split(".")[1] for name in modules_of_ours(path)} - {room.name}
        used |= of_ours
        assert not of_ours - declared.may_import, (
            f"{path.relative_to(APP)} imports {sorted(of_ours - declared.may_import)}, which app/{room.name} does not "
            "declare: move the code to the room that may know both, or pass in what it needs"
        )
        known = {name for name in imports(path) for one in declared.must_not_know if f"{name}.".startswith(f"{one}.")}
        assert not known, f"{path.relative_to(APP)} knows {sorted(known)}: that belongs to another room"
    assert used == declared.may_import, f"app/{room.name} does not need {sorted(declared.may_import - used)}"


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Returns the nodes of a cycle in order, the first again at the end; none for a graph without cycles."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        nodes: list[str] = error.args[1]
        return nodes
    return []


def test_rooms_make_no_cycle() -> None:
    """Whoever reads one never has to come back to it."""
    rooms = {room.name for room in ROOMS}
    path = cycle({room.name: declaration(room).may_import & rooms for room in ROOMS})
    assert not path, (
        f"these rooms import each other: {' <- '.join(path)}. Move what both need to a room below, or pass it in as an "
        "argument"
    )


def test_the_packages_of_the_loader_make_no_cycle() -> None:
    """A seed record passes them in one direction."""
    room = APP / "ingest"
    packages: dict[str, set[str]] = {}
    for file in room.rglob("*.py"):
        name = file.relative_to(room).parts[0]
        inside = {one.relative_to(room).parts[0] for one in imported_files(file) if one.is_relative_to(room)}
        packages.setdefault(name, set()).update(inside - {name})
    path = cycle(packages)
    assert not path, (
        f"these packages of app/ingest import each other: {' <- '.join(path)}. Move what both need to one below"
    )


def test_modules_make_no_cycle() -> None:
    """Imports inside functions count too: they hide a cycle, but whoever reads still goes round in it."""
    files = {path: str(path.relative_to(APP)) for path in MODULES}
    path = cycle({name: {files[file] for file in imported_files(path)} - {name} for path, name in files.items()})
    assert not path, (
        f"these modules import each other: {' <- '.join(path)}. Move what both need to a module that imports neither"
    )


def test_every_module_is_imported() -> None:
    imported = {file for path in MODULES for file in imported_files(path)}
    expected = {path for path in MODULES if path.name != "__init__.py" and part(path) not in WHOLE}
    unused = sorted(str(path.relative_to(APP)) for path in expected - imported)
    assert not unused, f"nobody imports {unused}: delete them with their tests"


CALLED_BY_NAME = {
    "_check_constraints": "pydantic runs a model's validators",
    "__getattr__": "uvicorn takes `app.main:app`, which is created when it is asked for",
    "create_views": "migrations/env.py calls it",
    "drop_views": "migrations/env.py calls it",
    "file_response": "Starlette's StaticFiles responds with it",
    "get_route_handler": "FastAPI builds a route with it",
    "ignore_aliases": "PyYAML asks whether a value may be an alias",
    "LineFormatter": "the logging configuration names it",
    "made_context": "`python -m tests.examples` writes it to a file, and a test compares it with the last one",
    "main": "the command `dateline`, named in pyproject.toml",
    "process_result_value": "SQLAlchemy converts a value of a type of ours with it",
    "send_400_response": "uvicorn calls it for a request that is not HTTP",
    "StderrHandler": "the logging configuration names it",
    "_xml_rich_inline_string": "xlsxwriter writes a text with it that looks like rich text",
    "url_path_for": "Starlette asks each route for its URLs",
    "translations": "templates of pages print it",
}
"""Classes, functions and methods that no code of the application calls, each with who does."""


@pytest.mark.heavy
def test_every_function_is_called() -> None:
    """Vulture compares names, so a dead function that is called like a living one escapes."""
    vulture = Vulture(ignore_decorators=["@*.get", "@*.post", "@*.callback", "@*.command", "@compiles"])
    vulture.scavenge([str(APP)])
    kinds = {"class", "function", "method", "property"}
    unused = {
        code.name: f"{code.filename.relative_to(APP)}:{code.first_lineno}"
        for code in vulture.get_unused_code()
        if code.typ in kinds
    }
    dead = [f"{name} ({place})" for name, place in unused.items() if name not in CALLED_BY_NAME]
    assert not dead, (
        f"nobody calls {', '.join(dead)}: delete it with its tests. If a library calls it by its name, say which in "
        "CALLED_BY_NAME"
    )
    called = sorted(set(CALLED_BY_NAME) - set(unused))
    assert not called, f"{called} are gone, or called by the application itself: take them out of CALLED_BY_NAME"


def test_the_application_has_few_entries() -> None:
    entries = {path.name for path in APP.iterdir() if path.name != "__pycache__"}
    assert len(entries) <= MAX_ENTRIES, f"app/ has {len(entries)} entries: put the new one into one of the rooms"


def test_who_serves_does_not_import_who_loads() -> None:
    """A worker does not pay for the loader's libraries."""
    allowed = declaration(APP / "api").may_import | declaration(APP / "server").may_import
    assert "ingest" not in allowed, "api and server must not import ingest: move what both need to app/model"


def test_only_the_settings_read_the_environment() -> None:
    for path in MODULES:
        text = path.read_text("utf-8")
        reads = [word for word in ("environ.get", "environ[", "getenv", "BaseSettings") if word in text]
        assert not reads or path.name == "settings.py", (
            f"{path.relative_to(APP)} reads the environment ({reads}): add a setting to settings.py, and pass it in"
        )


WRITES_SQL = {
    "storage/columns.py": "CHECKs, from the codebook's values",
    "storage/database.py": "pragmas",
    "storage/snapshot.py": "how much time is left",
    "storage/release_info.py": "which release is the newest",
    "storage/sqlite.py": "pragmas and BEGIN",
    "storage/sqlite_files.py": "the first look at a file, which rolls back what was killed",
    "exports/datasets/package.py": "reads the file that it has just written",
    "exports/datasets/sqlite.py": "writes the dataset file, with names from the code and values bound",
    "exports/datasets/views.py": "views of the dataset file",
    "ingest/building/indexing.py": "the full-text and box indexes of SQLite",
    "ingest/mirrors/emptying.py": "the full-text and box indexes of SQLite, emptied",
    "ingest/mirrors/copied_log.py": "the log of another service in a temporary file, values bound",
    "ingest/redaction/terms.py": "the full-text indexes of SQLite, listed and made anew",
    "ingest/building/scratch_index.py": "the scratch database of a load, values bound",
    "ingest/bulk_inserts.py": "rows for the loader, with names from the models and values bound",
    "ingest/release/superseding.py": "the full-text index of the past",
    "storage/erasing.py": "VACUUM, with names from the models",
    "storage/past_views.py": "views, with names from the models",
    "storage/postgresql.py": "settings of connections",
    "storage/postgresql_files.py": "files of the server, read by its own functions, values bound",
    "queries/boxes.py": "R*Tree and GiST, around expressions that SQLAlchemy binds",
    "storage/number_lists.py": "numbers as a table, around an expression that SQLAlchemy binds",
    "queries/search.py": "full text, around expressions that SQLAlchemy binds",
}
"""Where SQL is written out, and what for. Nothing in it comes from a request: that is for whoever adds a line here to
see to."""

_SQL = re.compile(
    r"\s*\(?(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA|ATTACH|COPY|WITH|BEGIN|SET|GRANT|VACUUM)\b"
)
_RUNS_TEXT = {"exec_driver_sql", "literal_column", "executescript"}


def writes_sql(path: Path) -> bool:
    """Whether a file has SQL as text, beside its documentation."""
    return any(_signs_of_sql(path))


def _signs_of_sql(path: Path) -> Iterator[bool]:
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield bool(_SQL.match(node.value))
        elif isinstance(node, ast.Attribute | ast.Name):
            yield (node.attr if isinstance(node, ast.Attribute) else node.id) in _RUNS_TEXT
        elif isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
            yield any(alias.name == "text" for alias in node.names)


def test_sql_is_written_out_where_it_was_looked_at() -> None:
    writing = {str(path.relative_to(APP)) for path in MODULES if writes_sql(path)}
    assert writing <= set(WRITES_SQL), (
        f"{sorted(writing - set(WRITES_SQL))} write SQL as text: use SQLAlchemy's expressions, or bind every value and "
        "say in WRITES_SQL what for"
    )
    assert writing == set(WRITES_SQL), (
        f"{sorted(set(WRITES_SQL) - writing)} do not any more: take them out of WRITES_SQL"
    )


def test_dependencies_lie_in_ranges_that_were_tried() -> None:
    """Each has a lower and an upper bound, and what these tests run with lies between them."""
    project = tomllib.loads((APP.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for line in (*project["dependencies"], *extras["postgres"], *extras["metrics"]):
        requirement = Requirement(line)
        operators = {one.operator for one in requirement.specifier}
        assert operators == {">=", "<"}, f"{line} is not bounded on both sides"
        with suppress(PackageNotFoundError):  # an extra, or for another Python
            assert requirement.specifier.contains(version(requirement.name)), line


def test_files_stay_readable() -> None:
    lengths = {str(path.relative_to(APP)): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    long = {name: length for name, length in lengths.items() if length > MAX_LINES}
    assert not long, f"{long} have more than {MAX_LINES} lines: split them by topic"
