"""Display names of records."""

from typing import Any


def name(resource: str, document: dict[str, Any]) -> str:
    """Returns the display name of a record, from its document."""
    if resource == "casualties":
        return f"{document['outcome']} in {document['incident']}"
    return next(str(document[key]) for key in ("title", "label", "name", "gist", "text") if key in document)
