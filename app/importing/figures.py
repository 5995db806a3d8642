"""Figures of a row that contradict each other, such as a low one above the high one, as claims beside each other."""

from collections.abc import Iterator
from typing import Any

Data = dict[str, Any]

_NAMES = ("low", "best", "high")


def alternatives(claim: Data) -> Iterator[Data]:
    """Yields a claim as it is; if its figures contradict each other, each as a claim of the same harm, and of what it
    says by itself: a low figure that there were at least as many, a high one that there were at most."""
    figures = {name: int(claim[name]) for name in _NAMES if str(claim.get(name, "")).isdigit()}
    present = list(figures.values())
    if present == sorted(present):
        yield claim
        return
    rest = {name: value for name, value in claim.items() if name not in _NAMES}
    told = ", ".join(f"{name} {number}" for name, number in figures.items())
    note = f"The figures of the row contradict each other: {told}."
    for name, number in figures.items():
        bounds = {"low": {"low": number}, "best": {"low": number, "high": number}, "high": {"high": number}}[name]
        yield {
            **rest,
            **{bound: str(value) for bound, value in bounds.items()},
            "id": f"{claim.get('id')}-{name}",
            "harm": rest.get("harm") or claim.get("id"),
            "note": f"{rest['note']} {note}" if "note" in rest else note,
        }
