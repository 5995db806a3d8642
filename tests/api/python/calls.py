"""Calls every operation of a generated client once: `calls.py DOCUMENT BASE`, beside the package.

Prints the statuses of those whose answers the client has read.
"""

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def needed(operation: dict[str, Any], function: Any) -> dict[str, Any]:
    """The parameters that an operation needs, by the examples of the document, in the types of the client."""
    collected = {}
    for parameter in operation.get("parameters", []):
        if parameter["required"]:
            value = parameter.get("example", parameter["schema"].get("examples", [None])[0])
            if parameter["schema"].get("enum") or parameter["schema"].get("items", {}).get("enum"):
                value = typed(function, parameter["name"], value)
            # The client's functions have a `url` of their own.
            named = inspect.signature(function).parameters
            collected[parameter["name"] if parameter["name"] in named else f"{parameter['name']}_query"] = value
    return collected


def typed(function: Any, name: str, value: Any) -> Any:
    """A value, or each of a list, as the enumeration that the client's function declares."""
    annotation = str(inspect.signature(function).parameters[name].annotation)
    kind = re.findall(r"\w+", annotation.split(" | ")[0])[-1]
    enumeration = getattr(importlib.import_module("dateline_client.models"), kind)
    return [enumeration(one) for one in value] if isinstance(value, list) else enumeration(value)


def main(document: Path, base: str) -> dict[str, int]:
    client = importlib.import_module("dateline_client").Client(base_url=base, raise_on_unexpected_status=True)
    called = {}
    for path, methods in json.loads(document.read_text("utf-8"))["paths"].items():
        if path.endswith("/stream") or "get" not in methods:  # has no end, or takes questions
            continue
        operation = methods["get"]
        name = snake(operation["operationId"])
        module = importlib.import_module(f"dateline_client.api.{operation['tags'][0]}.{name}")
        source = inspect.getsource(module._parse_response)
        if "status_code == 200" not in source:
            continue
        answer = module.sync_detailed(client=client, **needed(operation, module.sync_detailed))
        is_parsed = "response_200 = cast(Any, None)" not in source  # it knows the media type
        assert answer.parsed is not None or not is_parsed, name
        called[operation["operationId"]] = int(answer.status_code)
    return called


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
