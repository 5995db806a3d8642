"""Figures of an incident in words, for readers of feeds: `41 or more killed; 3 claims, in dispute`."""

from collections.abc import Iterator

from app.model.digests import Data


def figures_in_words(document: Data) -> str:
    """Returns the totals of an incident as sentences; empty where nothing is said of any."""
    return " ".join(f"{sentence}." for sentence in _sentences(document))


def _sentences(document: Data) -> Iterator[str]:
    for outcome, total in document.get("totals", {}).items():
        if total is None or total["low"] is None:
            continue
        harms = [one for one in document.get("harms", ()) if one["outcome"] == outcome and one["in_dispute"]]
        claims = sum(harm["claims"] for harm in harms)
        dispute = f"; {claims} claim{'s' if claims > 1 else ''}, in dispute" if claims else ""
        yield f"{_bounds(total['low'], total['high'])} {outcome.replace('_', ' ')}{dispute}"


def _bounds(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more" if low else "a number not stated"
    if low == high:
        return str(low)
    return f"{low}–{high}" if low else f"up to {high}"
