"""How much of an article the records of a dossier rest on: by paragraph, and with its text by sentence."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from app.ingest.seed.reading import Dossier, Entry
from app.ingest.texts.passages import Text
from app.ingest.texts.span_links import spans_of
from app.model.digests import Data

_RESOURCES = ("places", "people", "organizations", "documents", "incidents", "casualties", "quotes", "statements")
_SENTENCE_END = re.compile(r"""[.!?…؟۔]+["”’»)\]]*\s+(?=["“‘«(\[]*[^\W_a-z])""")
_ABBREVIATION = re.compile(r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Gen|Col|Maj|Capt|Lt|Sgt|Sen|Rep|Gov|No|vs))\.$")
"""What ends with a point and no sentence. A capital letter with one is a name or a part of `U.S.`."""


def coverage(dossier: Dossier, texts: Mapping[str, Text]) -> list[Data]:
    """Returns each article with its paragraphs: how long they are, how many passages lie in them, how many characters
    these hold and, where the text is given, the sentences that no record rests on."""
    spans = _spans(dossier)
    return [
        {
            "id": id_,
            "title": entry.seed.title,
            "passages": sum(map(len, spans[id_].values())),
            "has_text": id_ in texts,
            "paragraphs": [
                _paragraph(number, paragraph, spans[id_][number], texts.get(id_))
                for number, paragraph in enumerate(entry.seed.paragraphs, 1)
            ],
        }
        for id_, entry in dossier.articles.items()
    ]


def _spans(dossier: Dossier) -> dict[str, dict[int, set[tuple[int, int]]]]:
    """Returns the passages that valid records rest on, by article and paragraph."""
    found: dict[str, dict[int, set[tuple[int, int]]]] = defaultdict(lambda: defaultdict(set))
    entries: list[Entry[Any]] = [one for name in _RESOURCES for one in dossier.records(name).values()]
    for entry in [*entries, *dossier.extensions]:
        for _, span in spans_of(entry.seed):
            if (article := span.article or entry.article) is not None:
                found[article][span.at.paragraph].add((span.at.start, span.at.end))
    return found


def _paragraph(number: int, seed: Any, spans: set[tuple[int, int]], text: Text | None) -> Data:
    line = text.slice(number, 0, seed.length) if text is not None else ""
    free = [line[start:end].strip() for start, end in _sentences(line) if not _touches(start, end, spans)]
    return {
        "number": number,
        "kind": seed.kind,
        "length": seed.length,
        "passages": len(spans),
        "covered": len({position for start, end in spans for position in range(start, end)}),
        "without_record": [sentence for sentence in free if sentence],
    }


def _touches(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(first < end and start < last for first, last in spans)


def _sentences(line: str) -> list[tuple[int, int]]:
    """Returns where the sentences of a paragraph begin and end."""
    ends = [
        match.end() for match in _SENTENCE_END.finditer(line) if not _ABBREVIATION.search(line[: match.end()].strip())
    ]
    starts = [0, *ends]
    return list(zip(starts, [*ends, len(line)], strict=True))
