"""What other records print for an incident, a quote or a statement, taken from the seed files before they are checked.

Labels of articles, places, people and organizations are in their summaries (`scan`).
"""

from collections.abc import Callable

from app.ingest.seed.files import Mapping
from app.ingest.texts.quote_text import spoken_words
from app.model.codebook import Codebook

MAX_LABEL_LENGTH = 80
"""Characters of what is said that a label shows. Names and titles are shown whole."""


def record_label(resource: str, data: Mapping, codebook: Codebook) -> str | None:
    """Returns the label of a record as it stands in its file; None for types that have their labels elsewhere. It is
    of no use where a value is invalid, which the second pass reports."""
    return _LABELS[resource](data, codebook) if resource in _LABELS else None


def shortened(text: str) -> str:
    """Returns a text on one line, as it is or, if it is longer than a label, up to the end of a word."""
    line = " ".join(text.split())
    if len(line) <= MAX_LABEL_LENGTH:
        return line
    head = line[:MAX_LABEL_LENGTH]
    return f"{head.rpartition(' ')[0].rstrip(' ,;:–—') or head[:-1]}…"


def _quote(data: Mapping, codebook: Codebook) -> str:
    spans = data.get("spans")
    exact = [_text(span.get("exact")) for span in spans if isinstance(span, dict)] if isinstance(spans, list) else []
    fragment = _text(data.get("kind")) in codebook.having("quote.kind", "fragment")
    return shortened(spoken_words(exact, fragment=fragment))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_LABELS: dict[str, Callable[[Mapping, Codebook], str]] = {
    "incidents": lambda data, codebook: _text(data.get("title")),
    "quotes": _quote,
    "statements": lambda data, codebook: shortened(_text(data.get("gist"))),
}
