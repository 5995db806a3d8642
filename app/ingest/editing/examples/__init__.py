"""Invented articles with their seed files, written by words: examples in new files and in the reference of the format.

Tests anchor, check and verify them.
"""

from functools import cache
from importlib.resources import files

EXAMPLE_ARTICLE = "lisk-flood-2021"
SECOND_EXAMPLE_ARTICLE = "lisk-inquiry-2022"
"""An article that adds to an incident of the first; its files are in `second_article`."""


@cache
def example_file(name: str) -> str:
    """Returns the content of a file of the example."""
    return (files(__name__) / name).read_text("utf-8")


def example_records(name: str) -> list[str]:
    """Returns the records of a file of the example, the simplest first."""
    return example_file(f"{name}.yaml").strip("\n").split("\n\n")
