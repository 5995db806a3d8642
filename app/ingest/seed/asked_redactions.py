"""How an entry of a seed file asks for a redaction."""

from collections.abc import Mapping
from typing import Any, NamedTuple

LINK = "redactions"
"""The kind of the links in the scratch index, from resources to the ids of records that are to be redacted."""


class AskedFor(NamedTuple):
    """What an entry asks for: the fields, why, and whether the record is to have another id."""

    fields: tuple[str, ...]
    reason: str
    hides_id: bool


def asked_in(data: Mapping[str, Any]) -> AskedFor | None:
    """Returns what an entry of a seed file asks to redact; None for one that does not ask, or not as it should, which
    validation reports."""
    removed, redacted = data.get("removed"), data.get("redacted")
    if isinstance(removed, dict) and _is_true(removed.get("redact")):
        return AskedFor(("",), str(removed.get("reason", "")), _is_true(removed.get("id")))
    if isinstance(redacted, dict) and isinstance(redacted.get("fields"), list):
        fields = tuple(sorted(map(str, redacted["fields"])))
        return AskedFor(fields, str(redacted.get("reason", "")), _is_true(redacted.get("id")))
    return None


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
