"""Display names of records."""

from typing import Any


def name(resource: str, document: dict[str, Any]) -> str:
    """What a record is called: where it is printed, and when it comes back after it was removed."""
    if resource == "casualties":
        return f"{document['outcome']} in {document['incident']}"
    return next(str(document[key]) for key in ("title", "label", "name", "gist", "text") if key in document)
