"""Bare uvicorn: recorded answers from a dictionary, byte for byte, without any framework. `BENCH_ANSWERS` names the
file that holds them, as `record` writes it."""

import os
import pickle
from pathlib import Path
from typing import Any

Answer = tuple[list[tuple[str, str]], bytes]
"""Headers and body."""

_LEFT_TO_THE_SERVER = {"date", "server", "connection"}


def record(path: Path, answers: dict[str, Answer]) -> None:
    """Keeps answers by path and query, for the server to give."""
    recorded = {
        question: (
            [(name.encode(), value.encode()) for name, value in headers if name not in _LEFT_TO_THE_SERVER],
            body,
        )
        for question, (headers, body) in answers.items()
    }
    path.write_bytes(pickle.dumps(recorded))


def create_app() -> Any:
    """The application."""
    answers = {
        question.encode(): (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        for question, (headers, body) in pickle.loads(Path(os.environ["BENCH_ANSWERS"]).read_bytes()).items()
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            head, body = answers[scope["raw_path"] + b"?" + scope["query_string"]]
            await send(head)
            await send(body)

    return app
