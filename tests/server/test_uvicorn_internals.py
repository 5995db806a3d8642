"""What we rely on in uvicorn beyond its documentation stands in one file, and is still there."""

import ast
import inspect
import re

import pytest
from uvicorn import Server, _types
from uvicorn.protocols.http import httptools_impl
from uvicorn.supervisors import Multiprocess, multiprocess

from app.server import uvicorn_internals
from tests.test_architecture import APP

CALLBACKS = (
    "connection_made connection_lost data_received on_message_begin on_headers_complete on_message_complete "
    "send_400_response pause_writing resume_writing on_response_complete timeout_keep_alive_handler "
    "_start_asgi_task _unset_keepalive_if_required"
).split()
METHODS = [
    *((httptools_impl.HttpToolsProtocol, name) for name in CALLBACKS),
    (httptools_impl.HttpToolsProtocol, "shutdown"),
    (Server, "capture_signals"),
    (Server, "handle_exit"),
    (Multiprocess, "keep_subprocess_alive"),
    (Multiprocess, "terminate_all"),
    (httptools_impl, "STATUS_LINE"),
    (_types, "ASGI3Application"),
]
ATTRIBUTES = {
    httptools_impl.HttpToolsProtocol: "app connections cycle flow loop pipeline transport url",
    httptools_impl.RequestResponseCycle: (
        "chunked_encoding default_headers disconnected expected_content_length keep_alive message_event on_response "
        "response_complete response_started scope waiting_for_100_continue"
    ),
    Multiprocess: "processes sockets",
    multiprocess.Process: "child_conn process",
}


@pytest.mark.parametrize(("owner", "name"), METHODS)
def test_uvicorn_has_what_is_overridden_or_imported(owner: object, name: str) -> None:
    assert hasattr(owner, name)


@pytest.mark.parametrize("owner", ATTRIBUTES)
def test_uvicorn_has_the_attributes_that_are_used(owner: type) -> None:
    source = inspect.getsource(owner)
    missing = [name for name in ATTRIBUTES[owner].split() if not re.search(rf"self\.{name}\b.* = ", source)]
    assert not missing


def test_each_name_is_documented() -> None:
    documentation = str(uvicorn_internals.__doc__)
    names = [*" ".join(ATTRIBUTES.values()).split(), *(name for _, name in METHODS if name not in CALLBACKS[:-2])]
    assert [name for name in names if f"`{name}`" not in documentation] == []


def test_no_other_file_imports_from_within_uvicorn() -> None:
    importing = set()
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "uvicorn":
                importing.add(path.name)
    assert importing == {"uvicorn_internals.py"}
