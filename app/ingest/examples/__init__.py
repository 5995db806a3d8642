"""An invented article with its seed files, written by words: examples in new files and in the reference of the format.

A test anchors, checks and verifies it.
"""

from functools import cache
from importlib.resources import files

EXAMPLE_ARTICLE = "lisk-flood-2021"


@cache
def example_file(name: str) -> str:
    """Returns the content of a file of the example."""
    return (files(__name__) / name).read_text("utf-8")


def example_records(name: str) -> list[str]:
    """Returns the records of a file of the example, the simplest first."""
    return example_file(f"{name}.yaml").strip("\n").split("\n\n")
