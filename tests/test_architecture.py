"""How the code is cut: imports run one way, the environment is read in one place, files stay readable."""

import ast
import re
import tomllib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

APP = Path(__file__).parent.parent / "app"
LIMIT = 420

LAYERS = (
    {"codebook", "settings", "problems", "folding", "collation", "geography", "terms", "access_log"},
    {"columns", "models", "registry"},
    {"documents", "database", "lanes", "reader", "values", "references", "middleware", "limits"},
    {"filters", "schema", "connections", "metrics"},
    {"queries", "formats", "pages"},
    {"routes"},
    {"main"},
    {"server"},
    {"cli"},
)
"""A part of `app` may import from its own layer and those above it here. Parts that are not named are free, but for
what FORBIDDEN says."""

FORBIDDEN = {
    "formats": {
        "fastapi",
        "starlette",
        "sqlalchemy",
        "sqlmodel",
        "app.models",
        "app.registry",
        "app.database",
        "app.reader",
        "app.routes",
    },
    "queries": {"fastapi", "starlette", "app.database", "app.reader", "app.pages", "app.routes"},
    "dossier": {"fastapi", "starlette", "app.routes", "app.pages", "app.queries", "app.formats", "app.main"},
    "codebook": {"fastapi", "starlette", "sqlalchemy", "sqlmodel", "pydantic"},
    "models": {"fastapi", "starlette", "pydantic"},
    "documents": {"fastapi", "starlette", "sqlalchemy", "sqlmodel"},
}

MODULES = sorted(APP.rglob("*.py"))


def part(path: Path) -> str:
    """The part of the application that a file belongs to: its folder, or its own name."""
    return path.relative_to(APP).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> set[str]:
    """The modules that a file imports, those inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(APP)) for path in MODULES])
def test_imports_run_one_way(path: Path) -> None:
    mine = next((number for number, layer in enumerate(LAYERS) if part(path) in layer), None)
    for name in sorted(imports(path)):
        forbidden = {one for one in FORBIDDEN.get(part(path), ()) if name == one or name.startswith(f"{one}.")}
        assert not forbidden, f"{part(path)} knows nothing of {name}"
        if mine is not None and name.startswith("app."):
            theirs = next((number for number, layer in enumerate(LAYERS) if name.split(".")[1] in layer), mine)
            assert theirs <= mine, f"{part(path)} stands below {name}"


def test_imports_make_no_circle() -> None:
    """Between the parts: whoever reads one never has to come back to it."""
    graph = {
        name: {
            used.split(".")[1]
            for path in MODULES
            if part(path) == name
            for used in imports(path)
            if used.startswith("app.") and used.split(".")[1] != name
        }
        for name in map(part, MODULES)
    }
    graph = {name: {used for used in uses if used in graph} for name, uses in graph.items()}
    while leaves := [name for name, uses in graph.items() if not uses]:
        graph = {name: uses - set(leaves) for name, uses in graph.items() if name not in leaves}
    assert not graph


def test_the_layers_name_parts_that_are_there() -> None:
    parts = set(map(part, MODULES))
    assert set().union(*LAYERS) | set(FORBIDDEN) <= parts


def test_only_the_settings_read_the_environment() -> None:
    for path in MODULES:
        text = path.read_text("utf-8")
        reads = [word for word in ("environ.get", "environ[", "getenv", "BaseSettings") if word in text]
        assert not reads or path.name == "settings.py", f"{path.name} reads the environment: {reads}"


WRITES_SQL = {
    "columns.py": "CHECKs, from the codebook's values",
    "database.py": "pragmas, BEGIN, which release is the newest, and how much time is left",
    "datasets/package.py": "reads the file that it has just written",
    "datasets/sqlite.py": "writes the dataset file, with names from the code and values bound",
    "datasets/views.py": "views of the dataset file",
    "dossier/indexing.py": "the full-text and box indexes of SQLite",
    "dossier/ledger.py": "the scratch database of a load, values bound",
    "dossier/writing.py": "rows for the loader, with names from the models and values bound",
    "postgresql.py": "settings of connections",
    "queries/boxes.py": "R*Tree and GiST, around expressions that SQLAlchemy binds",
    "queries/enumerated.py": "numbers as a table, around an expression that SQLAlchemy binds",
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
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if _SQL.match(node.value):
                return True
        elif isinstance(node, ast.Attribute | ast.Name):
            if (node.attr if isinstance(node, ast.Attribute) else node.id) in _RUNS_TEXT:
                return True
        elif isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
            if any(alias.name == "text" for alias in node.names):
                return True
    return False


def test_sql_is_written_out_where_it_was_looked_at() -> None:
    assert {str(path.relative_to(APP)) for path in MODULES if writes_sql(path)} == set(WRITES_SQL)


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
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LIMIT} == {}
