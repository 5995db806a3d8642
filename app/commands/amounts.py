"""Numbers in what commands print."""

from app.records import RECORD_TYPES


def counted(counts: dict[str, int]) -> str:
    """Returns numbers of records in words, by the name of their list."""
    return ", ".join(records(count, resource) for resource, count in counts.items())


def records(count: int, resource: str) -> str:
    """Returns a number of records of one list in words: "1 person", "2 people"."""
    one = RECORD_TYPES[resource].type if resource in RECORD_TYPES else resource
    return f"{count} {one if count == 1 else resource}"


def amount(count: int, one: str) -> str:
    """Returns a number of things in words, which end with an s where there are more: "1 row", "2 rows"."""
    return f"{count} {one}{'' if count == 1 else 's'}"
