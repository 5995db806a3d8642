"""The text of a quote, computed from its spans."""

from collections.abc import Iterable

from app.ingest.seed.record_seeds import QuoteSeed

_OPENING = "“‘\"'"
_CLOSING = "”’\"'"


def quote_text(quote: QuoteSeed, *, fragment: bool) -> str:
    """Returns the words of a quote: see `spoken_words`."""
    return spoken_words((span.exact for span in quote.spans), fragment=fragment)


def spoken_words(spans: Iterable[str], *, fragment: bool) -> str:
    """Returns the words of spans as they are spoken: without outer quotation marks, parts joined by a space. A comma
    before an attribution becomes a full stop, or is removed if the quotation is a fragment, also before an inner
    closing mark."""
    return " ".join(_part(exact, fragment=fragment) for exact in spans)


def _part(exact: str, *, fragment: bool) -> str:
    words = exact.strip()
    if words[:1] in _OPENING and words[-1:] in _CLOSING:
        words = words[1:-1]
    inner = len(words.rstrip(_CLOSING))
    words, marks = words[:inner], words[inner:]
    if words.endswith(","):
        words = words[:-1] + ("" if fragment else ".")
    return words + marks
