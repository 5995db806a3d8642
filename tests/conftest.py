"""Fixtures: a database of the chosen engine, the service over the shipped article, and over the sample dossier.

`DATELINE_TEST_DATABASE=postgresql` runs everything on a throwaway PostgreSQL server instead of SQLite files.
"""

import os
import random
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from fastapi import FastAPI
from hypothesis import settings
from sqlalchemy import URL, create_engine, make_url, text
from starlette.testclient import TestClient

from app.ingest.release.loading import load
from app.main import create_app
from app.settings import SEED, Settings
from app.storage import release_watcher
from app.storage.database import Database
from app.storage.schema import migrate
from tests import dam, postgresql, sample

ENGINE = os.environ.get("DATELINE_TEST_DATABASE", "sqlite")

THROWAWAY = "test_"
"""What the names of databases on PostgreSQL begin with that `new_database` makes."""

NewDatabase = Callable[[], str]
Figure = Callable[[str], None]

pytest_plugins = ["tests.live", "tests.browser"]

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("exploring", derandomize=False)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI no part may be missing: a test that skips elsewhere fails there."""
    report = yield
    if os.environ.get("CI") and report.skipped:
        report.outcome, report.longrepr = "failed", f"CI skips nothing: {report.longrepr}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A run on PostgreSQL leaves out what only SQLite has, and what asks no database of the chosen engine: that is the
    same in every run."""
    if ENGINE == "sqlite":
        return
    foreign = [one for one in items if one.get_closest_marker("sqlite") or not _asks_a_database(one)]
    config.hook.pytest_deselected(items=foreign)
    left_out = set(foreign)
    items[:] = [one for one in items if one not in left_out]


def _asks_a_database(item: pytest.Item) -> bool:
    return "new_database" in getattr(item, "fixturenames", ())


@pytest.fixture
def fuzz_seed(request: pytest.FixtureRequest) -> int:
    """What random input begins with: the same number in every run, so that no run fails by chance, but another one each
    time in `long` tests, which explore. `DATELINE_FUZZ_SEED` repeats one of them."""
    explores = request.node.get_closest_marker("long") is not None
    return int(os.environ.get("DATELINE_FUZZ_SEED", random.randrange(2**32) if explores else 7))


@pytest.fixture(autouse=True)
def hypothesis_profile(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same for Hypothesis, where a test sets its number of examples while it runs; it keeps what it finds."""
    if request.node.get_closest_marker("long") is None:
        yield
        return
    settings.load_profile("exploring")
    yield
    settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """A server that other tests keep busy may take more than a second to say what release is the newest. Services in
    processes of their own, to whose databases tests do harm, wait no longer than they always do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_watcher, "ANSWER_TIMEOUT_SECONDS", 30.0)
        yield


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Notes what a test has counted. The figures of all processes stand together at the end of a run."""
    return lambda told: request.node.user_properties.append(("figure", told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = chain.from_iterable(terminalreporter.stats.values())
    calls = (one for one in reports if isinstance(one, pytest.TestReport) and one.when == "call")
    if told := [text for call in calls for name, text in call.user_properties if name == "figure"]:
        terminalreporter.section("figures")
        for line in told:
            terminalreporter.line(str(line))


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewDatabase]:
    """Makes the URL of a database of its own, without tables."""
    numbers = count()
    if ENGINE == "sqlite":
        folder = tmp_path_factory.mktemp("databases")
        yield lambda: f"sqlite:///{folder}/{next(numbers)}.db"
        return
    with postgresql.server() as url:

        def create() -> str:
            made = make_url(url).set(database=f"{THROWAWAY}{next(numbers)}").render_as_string(hide_password=False)
            postgresql.create(made)
            return made

        yield create


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    """An empty database for one test. Hundreds of them would fill gigabytes on PostgreSQL, so each is dropped again."""
    url = new_database()
    yield url
    if ENGINE == "postgresql":
        postgresql.drop(url)


@pytest.fixture(scope="session")
def article_url(new_database: NewDatabase) -> str:
    """A database with the shipped seed. Tests only read it."""
    url = new_database()
    load_seed(url, SEED)
    return url


@pytest.fixture(scope="session")
def client(article_url: str) -> Iterator[TestClient]:
    """The service over the shipped article."""
    with serving(article_url) as service:
        yield service


@pytest.fixture(scope="session")
def small_client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the small invented article."""
    url = new_database()
    load_seed(url, sample.write(sample.small(), tmp_path_factory.mktemp("small")))
    with serving(url) as service:
        yield service


@contextmanager
def database_unavailable(url: str) -> Iterator[None]:
    """A database that cannot answer: its table of releases has another name meanwhile."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE releases RENAME TO mislaid"))
    yield
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE mislaid RENAME TO releases"))
    engine.dispose()


def load_seed(url: str, directory: Path) -> None:
    """Creates the tables where they are missing and loads a folder of seed files."""
    create_tables(url)
    with closing(Database(url)) as database:
        load(directory, database)


def create_tables(url: str) -> None:
    """Creates the tables where they are missing. A new database is a copy of one that has them: migrations run once for
    all tests, but for those that are about migrations."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and not (path := Path(parts.database or "")).exists():
        path.write_bytes(_database_without_records())
    elif str(parts.database).startswith(THROWAWAY) and postgresql.is_empty(url):
        postgresql.copy(_tables_on_server(parts.set(database="without_records")), url)
    else:
        _migrate(url)


def _migrate(url: str) -> None:
    with closing(Database(url)) as database:
        migrate(database)


@cache
def _tables_on_server(url: URL) -> str:
    postgresql.create(template := url.render_as_string(hide_password=False))
    _migrate(template)
    return template


@cache
def _database_without_records() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "dateline.db")
        _migrate(f"sqlite:///{path}")
        return path.read_bytes()


def serving(url: str, **settings: Any) -> TestClient:
    """The service over a database; use it with `with`. `cache_bytes=0` makes every answer anew."""
    return TestClient(create_app(Settings(database_url=url, **settings)), follow_redirects=False)


@pytest.fixture(scope="module")
def dam_client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the dam dossier, for tests that only read."""
    url = new_database()
    load_seed(url, sample.write(dam.dam(), tmp_path_factory.mktemp("dam")))
    with serving(url) as client:
        yield client


def state(client: TestClient) -> Any:
    """What the application behind a client keeps for all requests."""
    return cast(FastAPI, client.app).state
