"""The access log: one line per request with id, route and result, and nothing about the client."""

import asyncio
import io
import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from app.main import create_app
from app.server.access_log import AccessRecord, LineFormatter, StderrHandler, logging_config
from app.settings import Settings

Log = Callable[[], str]


@contextmanager
def written(client: TestClient, *, human_readable: bool = False) -> Iterator[Log]:
    """What the service has logged since then, as it is written to standard error."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(LineFormatter(human_readable))
    loggers = [logging.getLogger(name) for name in ("dateline", "dateline.access")]
    before = loggers[1].level
    loggers[0].addHandler(handler)
    loggers[1].setLevel(logging.INFO)

    def log_text() -> str:
        assert client.portal is not None
        client.portal.call(asyncio.sleep, 0)  # lines are written at the end of a turn of the event loop
        return lines.getvalue()

    try:
        yield log_text
    finally:
        loggers[0].removeHandler(handler)
        loggers[1].setLevel(before)


def logged(log: Log) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log().splitlines()]


@pytest.fixture(scope="module")
def client(article_url: str) -> Iterator[TestClient]:
    """A service of its own, whose answers nobody has asked for before."""
    app = create_app(Settings(database_url=article_url))

    @app.get("/broken/{id}", include_in_schema=False)
    async def broken(request: Request) -> Response:
        raise RuntimeError("what went wrong")

    @app.get("/cut", include_in_schema=False)
    async def cut(request: Request) -> Response:
        async def pieces() -> Any:
            yield b"first"
            raise RuntimeError("what went wrong")

        return StreamingResponse(pieces())

    with TestClient(app, raise_server_exceptions=False) as service:
        yield service


def test_a_request_is_one_line(client: TestClient) -> None:
    with written(client) as log:
        first = client.get("/v1/incidents?kind=killing&limit=2", headers={"User-Agent": "somebody's browser"})
        client.get("/v1/incidents?kind=killing&limit=2")
        client.get("/v1/incidents?kind=killing&limit=2", headers={"If-None-Match": first.headers["etag"]})
        client.head("/v1/people/hassan-al-soofy")
        client.get("/v1/people/nobody-at-all")
        client.get("/v1/incidents?kidn=1")
        client.get("/wp-login.php")
        client.get("/static/page.css")
        client.post("/v1/incidents")
    actual = logged(log)
    assert [(one["method"], one["route"], one["status"], one["cache"]) for one in actual] == [
        ("GET", "/v1/incidents", 200, None),
        ("GET", "/v1/incidents", 200, "hit"),
        ("GET", "/v1/incidents", 304, "hit"),
        ("HEAD", "/v1/people/{id}", 200, None),
        ("GET", "/v1/people/{id}", 404, None),
        ("GET", "/v1/incidents", 400, None),
        ("GET", None, 404, None),
        ("GET", "/static/{path}", 200, None),
        ("POST", None, 405, None),
    ]
    assert list(actual[0]) == [
        "time", "level", "request", "method", "route", "status", "ms", "bytes", "release", "cache"
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", actual[0]["time"])
    assert actual[0]["bytes"] == actual[1]["bytes"] == int(first.headers["content-length"])
    assert actual[2]["bytes"] == actual[3]["bytes"] == 0
    assert [one["release"] for one in actual[:4]] == [1, 1, 1, 1]
    assert actual[0]["request"] == first.headers["x-request-id"]
    assert len({one["request"] for one in actual}) == len(actual)
    assert not re.search("somebody|testclient|killing|soofy|wp-login", log())


def test_routes_are_the_paths_that_are_documented(client: TestClient) -> None:
    documented = [
        (method.upper(), path)
        for path, item in client.get("/openapi.json").json()["paths"].items()
        for method in item
        if method in ("get", "post")
    ]
    with written(client) as log:
        for method, path in documented:
            client.request(method, f"{path.replace('{', '').replace('}', '')}?nonsense=1")
    assert [(line["method"], line["route"]) for line in logged(log)] == documented


def test_an_id_that_comes_with_the_request_is_kept(client: TestClient) -> None:
    with written(client) as log:
        for given in ("01J9-abc_d.e:f", "x" * 65, 'a" b', "ü"):
            kept = client.get("/v1/incidents", headers={b"X-Request-Id": given.encode()}).headers["x-request-id"]
            assert (kept == given) == (given == "01J9-abc_d.e:f")
            assert logged(log)[-1]["request"] == kept


def test_a_failure_has_the_id_of_its_request(client: TestClient) -> None:
    with written(client) as log:
        answer = client.get("/broken/7", headers={"X-Request-Id": "mine"})
    failure, line = logged(log)
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert (failure["level"], failure["message"], failure["request"]) == ("error", "GET /broken/7 failed", "mine")
    assert failure["trace"].endswith("RuntimeError: what went wrong")
    assert (line["route"], line["status"], line["request"]) == ("/broken/{id}", 500, "mine")


def test_an_answer_that_breaks_off_says_so(client: TestClient) -> None:
    with written(client) as log:
        client.get("/cut")
    line = logged(log)[-1]
    assert (line["route"], line["status"], line["bytes"], line["complete"]) == ("/cut", 200, 5, False)


def test_people_read_lines_of_words(client: TestClient) -> None:
    with written(client, human_readable=True) as log:
        client.get("/v1/incidents/kubaiba-raid", headers={"X-Request-Id": "mine"})
        client.get("/broken/7")
    first, failure, *trace, last = log().splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d GET /v1/incidents/\{id\} 200 [\d.]+ ms \d+ bytes release 1 cache - \(mine\)", first
    )
    assert failure.endswith("ERROR GET /broken/7 failed")
    assert trace[-1] == "RuntimeError: what went wrong"
    assert "GET /broken/{id} 500" in last


def test_the_log_can_be_left_out() -> None:
    for access, level in ((True, "INFO"), (False, "WARNING")):
        assert logging_config(access=access)["loggers"]["dateline.access"] == {"level": level}


@pytest.mark.parametrize("complete", [True, False])
def test_every_line_is_json(complete: bool) -> None:
    parsed = json.loads(LineFormatter(False).format(AccessRecord("x", "GET", None, 499, 1.25, 0, complete=complete)))
    assert (parsed["ms"], parsed["route"], parsed.get("complete", True)) == (1.25, None, complete)


@pytest.fixture
def record(client: TestClient) -> logging.LogRecord:
    """The record of a request whose response was cached."""
    records: list[logging.LogRecord] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keeping()
    logging.getLogger("dateline").addHandler(handler)
    try:
        with written(client):
            for _ in range(2):
                client.get("/v1/incidents/kubaiba-raid", headers={"X-Request-Id": "mine"})
    finally:
        logging.getLogger("dateline").removeHandler(handler)
    assert len(records) == 2
    return records[-1]


FACTS = {"request": "mine", "method": "GET", "route": "/v1/incidents/{id}", "status": 200, "release": 1, "cache": "hit"}


def test_a_request_is_one_log_record_with_its_facts(record: logging.LogRecord) -> None:
    assert {name: getattr(record, name) for name in FACTS} == FACTS
    assert re.fullmatch(r"GET /v1/incidents/\{id\} 200 in [\d.]+ ms", record.getMessage())


def test_an_access_record_has_all_that_logging_gives_to_a_record() -> None:
    """It is not made by logging, which takes four times as long."""
    plain = logging.LogRecord("dateline.access", logging.INFO, __file__, 1, "", (), None)
    record = AccessRecord("x", "GET", None, 200, 1.0, 0)
    assert vars(plain).keys() <= vars(record).keys()
    named = ("name", "levelname", "levelno", "process", "processName", "thread", "threadName", "exc_info", "stack_info")
    assert {name: vars(record)[name] for name in named} == {name: vars(plain)[name] for name in named}
    for name, tolerance in (("created", 1), ("relativeCreated", 1000)):
        assert abs(vars(record)[name] - vars(plain)[name]) < tolerance
    assert 0 <= record.msecs < 1000


def test_plain_handlers_print_an_access_record(record: logging.LogRecord) -> None:
    formatter = logging.Formatter("%(levelname)s %(request)s %(route)s %(status)d %(message)s")
    assert formatter.format(record).startswith("INFO mine /v1/incidents/{id} 200 GET /v1/incidents/{id} 200 in ")


def test_python_json_logger_prints_the_facts(record: logging.LogRecord) -> None:
    formatters = pytest.importorskip("pythonjsonlogger.json", reason="no python-json-logger: install the extra 'test'")
    line = json.loads(formatters.JsonFormatter().format(record))
    assert {name: line[name] for name in FACTS} == FACTS
    assert line["message"] == record.getMessage()


def test_opentelemetry_exports_the_facts(record: logging.LogRecord) -> None:
    logs = pytest.importorskip("opentelemetry.sdk._logs", reason="no opentelemetry-sdk")
    exporters = pytest.importorskip("opentelemetry.sdk._logs.export")
    provider, exporter = logs.LoggerProvider(), exporters.InMemoryLogRecordExporter()
    provider.add_log_record_processor(exporters.SimpleLogRecordProcessor(exporter))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the handler moves to another package
        logs.LoggingHandler(logger_provider=provider).emit(record)
    ((exported,),) = [exporter.get_finished_logs()]
    assert {name: exported.log_record.attributes[name] for name in FACTS} == FACTS


def test_sentry_keeps_the_facts(record: logging.LogRecord) -> None:
    integration = pytest.importorskip("sentry_sdk.integrations.logging", reason="no sentry-sdk")
    crumb = integration.BreadcrumbHandler()._breadcrumb_from_record(record)
    assert crumb["message"] == record.getMessage()
    assert {name: crumb["data"][name] for name in FACTS} == FACTS


def test_access_records_of_a_turn_are_written_at_once_and_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    handler = StderrHandler()
    handler.setFormatter(LineFormatter(False))

    async def serve() -> None:
        for number in range(3):
            handler.handle(AccessRecord(f"first-{number}", "GET", None, 200, 1.0, 0))
        assert capfd.readouterr().err == "", "nothing is written for each"
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert [json.loads(line)["request"] for line in capfd.readouterr().err.splitlines()] == [
            "first-0", "first-1", "first-2"
        ]  # fmt: skip
        handler.handle(AccessRecord("second", "GET", None, 200, 1.0, 0))
        handler.handle(logging.makeLogRecord({"msg": "failed", "levelno": logging.ERROR, "levelname": "ERROR"}))
        lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
        assert [line.get("request") or line["message"] for line in lines] == ["second", "failed"], "an error waits not"

    asyncio.run(serve())
    handler.handle(AccessRecord("without a loop", "GET", None, 200, 1.0, 0))
    assert "without a loop" in capfd.readouterr().err
