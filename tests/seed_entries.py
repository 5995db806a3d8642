"""What stands in seed files of each record: which were edited is told by them, whatever a load says."""

import json
from typing import Any

from app.records import RECORD_TYPES
from tests.sample import Files

Key = tuple[str, str]


def entries(files: Files) -> dict[Key, str]:
    """The entry of every record that is there, claims apart from their incidents; with what other articles add."""
    found: dict[Key, list[Any]] = {}
    for file, content in files.items():
        resource = file.rpartition("/")[2].removesuffix(".yaml")
        if isinstance(content, dict):
            found.setdefault(("article", file.split("/")[1]), []).append(content)
            continue
        for entry in content:
            if "removed" in entry:
                continue
            kind = RECORD_TYPES[resource].type
            own = {key: value for key, value in entry.items() if key != "casualties"}
            found.setdefault((kind, entry.get("id") or entry["extends"]), []).append(own)
            for claim in entry.get("casualties", ()):
                if "removed" not in claim:
                    found.setdefault(("casualty", claim["id"]), []).append(claim)
    return {key: json.dumps(some, sort_keys=True) for key, some in found.items()}


def edited(before: dict[Key, str], after: dict[Key, str]) -> set[Key]:
    """The records whose entry is new, another or gone."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
