"""The text of a quote, computed from its spans."""

from app.ingest.seed import QuoteSeed
from app.model.codebook import QuoteKind

_OPENING = "“‘\"'"
_CLOSING = "”’\"'"


def quote_text(quote: QuoteSeed) -> str:
    """Returns the spoken words: without outer quotation marks, parts joined by a space. A comma before an attribution
    becomes a full stop, or is removed if the quotation is partial, also before an inner closing mark."""
    return " ".join(_part(span.exact, quote.kind) for span in quote.spans)


def _part(exact: str, kind: QuoteKind) -> str:
    words = exact.strip()
    if words[:1] in _OPENING and words[-1:] in _CLOSING:
        words = words[1:-1]
    inner = len(words.rstrip(_CLOSING))
    words, marks = words[:inner], words[inner:]
    if words.endswith(","):
        words = words[:-1] + ("" if kind == QuoteKind.PARTIAL else ".")
    return words + marks
