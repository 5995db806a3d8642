"""Compact JSON: no spaces, and characters beyond ASCII unescaped. Responses and files are written in it."""

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump_json(value: Any) -> str:
    """Returns a value as compact JSON text."""
    return _ENCODER.encode(value)
