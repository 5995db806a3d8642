"""The operations of the OpenAPI document that read: what each path answers to GET."""

from typing import Any

Json = dict[str, Any]


def reading(document: Json) -> dict[str, Json]:
    """The GET operation of each path that has one. The others take questions by POST alone."""
    return {path: methods["get"] for path, methods in document["paths"].items() if "get" in methods}
