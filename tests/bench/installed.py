"""What an installation takes on disk: each dependency with all that it brings, and what extras add to it.

`python -m tests.bench.installed` prints the table of `app/web/guides/dependencies.md`, for what pip has installed here:
all extras, and `packaging`.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

EXTRAS = ("columnar", "maps", "postgres", "metrics")


def closure(names: Iterator[tuple[str, frozenset[str]]], known: set[str]) -> dict[str, int]:
    """Returns the sizes in bytes, by name, of distributions and of all that these need, without what is known."""
    sizes: dict[str, int] = {}
    for name, extras in names:
        key = name.lower().replace("_", "-")
        if key not in known:
            known.add(key)
            found = distribution(name)
            sizes[key] = size(found)
            sizes |= closure(needed(found, extras), known)
    return sizes


def needed(found: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yields what a distribution needs on this machine, with the extras of it that it asks for."""
    for text in found.requires or []:
        one = Requirement(text)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield one.name, frozenset(one.extras)


def size(found: Distribution) -> int:
    paths = (Path(str(found.locate_file(file))) for file in found.files or [])
    return sum(path.stat().st_size for path in paths if path.exists())


def with_all_it_needs(extras: frozenset[str], known: set[str]) -> list[tuple[str, dict[str, int]]]:
    """Returns what Dateline needs itself, each with what is there only because of it."""
    direct = [(one, of) for one, of in needed(distribution("dateline"), extras) if one.lower() not in known]
    known |= {one.lower() for one, _ in direct}
    return [
        (name, {name.lower(): size(distribution(name))} | closure(needed(distribution(name), of), known))
        for name, of in direct
    ]


def table() -> Iterator[str]:
    """Yields the lines of the table, the largest first."""
    known = {"dateline"}
    rows = with_all_it_needs(frozenset(), known)
    yield "| dependency | MB | of it |\n|---|---|---|"
    for name, sizes in sorted(rows, key=lambda row: -sum(row[1].values())):
        others = ", ".join(f"{one} {bytes_ / 1e6:.1f}" for one, bytes_ in sizes.items() if one != name.lower())
        yield f"| {name} | {sum(sizes.values()) / 1e6:.1f} | {others} |"
    yield f"| all | {sum(sum(sizes.values()) for _, sizes in rows) / 1e6:.1f} | |"
    for extra in EXTRAS:
        added = [sizes for _, sizes in with_all_it_needs(frozenset({extra}), {*known})]
        names = ", ".join(name for sizes in added for name in sizes)
        yield f"| extra `{extra}` | {sum(sum(sizes.values()) for sizes in added) / 1e6:.1f} | {names} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
