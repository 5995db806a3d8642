"""How an entry of a seed file asks for a redaction."""

from collections.abc import Mapping
from typing import Any

LINK = "redactions"
"""The kind of the links in the scratch index, from resources to the ids of records that are to be redacted."""


def asked_in(data: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """Returns the fields that an entry of a seed file asks to redact, and why; None for one that does not ask, or not
    as it should, which validation reports."""
    removed, redacted = data.get("removed"), data.get("redacted")
    if isinstance(removed, dict) and str(removed.get("redact")).lower() == "true":
        return ("",), str(removed.get("reason", ""))
    if isinstance(redacted, dict) and isinstance(redacted.get("fields"), list):
        return tuple(sorted(map(str, redacted["fields"]))), str(redacted.get("reason", ""))
    return None
