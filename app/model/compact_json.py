"""JSON without spaces and without escapes of letters beyond ASCII, as every answer and file has it."""

import json
from typing import Any


def dump_json(value: Any) -> str:
    """A value as compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
