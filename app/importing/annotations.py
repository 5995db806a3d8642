"""Reads annotations of other tools: W3C Web Annotations, Label Studio's JSON and doccano's JSON Lines.

What counts is the words of an annotation and those around them. Offsets are measured by each tool in its own way (in
UTF-16 units, graphemes, or in another text than was shown), and go wrong; they are a hint at most.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from app.search.collation import is_edge

Json = Mapping[str, Any]

_CONTEXT = 40
"""Characters around an annotation that tell its words from the same ones elsewhere."""


class AnnotationError(ValueError):
    """A file has no annotations, or one of them cannot be read."""


class Annotation(NamedTuple):
    """An annotation: its labels, its words, the text directly before and after, and the offset in the whole text if it
    is given. `where` is the line of its file, or in a list its number."""

    where: int
    labels: list[str]
    words: str
    before: str = ""
    after: str = ""
    offset: int | None = None


class Unread(NamedTuple):
    """An annotation that cannot be read, and why."""

    where: int
    message: str


def read_annotations(path: Path) -> list[Annotation | Unread]:
    """Returns the annotations of a file. Raises AnnotationError if it is of none of these tools."""
    try:
        values = list(_values(path.read_text("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise AnnotationError(f"{path} is not UTF-8; save the file as UTF-8") from error
    except ValueError as error:
        raise AnnotationError(f"{path}: {error}") from error
    found = [one for where, value in values for one in _annotations(where, value, path)]
    if not found:
        raise AnnotationError(f"{path}: there are no annotations")
    return found


def _values(text: str) -> Iterator[tuple[int, Any]]:
    """Yields the values of a JSON file, or of the lines of one."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
            raise ValueError(f"this is not JSON ({error})") from None
        for number, line in lines:
            try:
                yield number, json.loads(line)
            except ValueError as mistake:
                raise ValueError(f"line {number} is not JSON ({mistake})") from None
        return
    items = whole if isinstance(whole, list) else _items(whole)
    yield from enumerate(items, 1)


def _items(whole: Any) -> list[Any]:
    """The annotations of a page or a collection of them."""
    page = whole.get("first", whole) if isinstance(whole, dict) else whole
    items = page.get("items") if isinstance(page, dict) else None
    return items if isinstance(items, list) else [whole]


def _annotations(where: int, value: Any, path: Path) -> Iterator[Annotation | Unread]:
    if isinstance(value, dict):
        for key, read in _READERS.items():
            if key in value:
                yield from read(where, value)
                return
    tools = "a Web Annotation (with a target), a task of Label Studio (annotations) or a document of doccano (label)"
    raise AnnotationError(f"{path}:{where}: this is none of these: {tools}")


def _web(where: int, value: Json) -> Iterator[Annotation | Unread]:
    labels = [text for body in _list(value.get("body")) if (text := _tag(body))]
    for target in _list(value.get("target")):
        selectors = _list(target.get("selector")) if isinstance(target, dict) else []
        by_type = {one.get("type"): one for one in selectors if isinstance(one, dict)}
        quote, position = by_type.get("TextQuoteSelector"), by_type.get("TextPositionSelector")
        if quote is None or not isinstance(quote.get("exact"), str):
            yield Unread(where, "it has no words (TextQuoteSelector), and positions alone are not enough")
            continue
        offset = position.get("start") if position is not None else None
        before, after = (str(quote.get(key) or "") for key in ("prefix", "suffix"))
        yield Annotation(where, labels, quote["exact"], before, after, offset if isinstance(offset, int) else None)


def _tag(body: Any) -> str | None:
    text = body.get("value") if isinstance(body, dict) and body.get("purpose") in (None, "tagging") else body
    return text if isinstance(text, str) else None


def _label_studio(where: int, task: Json) -> Iterator[Annotation | Unread]:
    data = task.get("data")
    texts = [one for one in data.values() if isinstance(one, str)] if isinstance(data, dict) else []
    for done in _list(task["annotations"]):
        results = _list(done.get("result")) if isinstance(done, dict) and not done.get("was_cancelled") else []
        by_region: dict[str, list[Json]] = {}
        for result in results:
            if isinstance(result, dict) and isinstance(result.get("value"), dict):
                by_region.setdefault(str(result.get("id")), []).append(result)
        for region in by_region.values():
            values = [result["value"] for result in region]
            labels = [text for result in region for text in _labels_of(result)]
            spans = [one for one in values if "start" in one and "end" in one]
            if not spans:
                continue  # an answer about the whole task
            yield _spanned(where, labels, spans[0].get("text"), spans[0], texts)


def _labels_of(result: Json) -> Iterator[str]:
    """The labels of a region, and what was written about it: a text field or choice of the region, or its meta data."""
    value, kind = result["value"], str(result.get("type", ""))
    yield from _texts(value.get(kind))
    yield from _texts(value.get("text") if kind == "textarea" else None)
    meta = result.get("meta")
    yield from _texts(meta.get("text") if isinstance(meta, dict) else None)


def _spanned(where: int, labels: list[str], words: Any, span: Json, texts: list[str]) -> Annotation | Unread:
    """An annotation by its words, with what stands around them if they stand where it says."""
    offsets = span.get("globalOffsets") or span
    start, end = offsets.get("start"), offsets.get("end")
    if isinstance(start, int) and isinstance(end, int):
        for text in texts:
            if text[start:end] and (words is None or text[start:end] == words):
                return _at(where, labels, text, start, end, certain=words is not None)
    if not isinstance(words, str):
        return Unread(where, f"it has no words, and the text none from {start} to {end}")
    return Annotation(where, labels, words)


def _at(where: int, labels: list[str], text: str, start: int, end: int, *, certain: bool) -> Annotation | Unread:
    """The words at offsets. Where only offsets say which words are meant, those that cut a word are wrong."""
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    if not certain and not (is_edge(text, start) and is_edge(text, end)):
        around = text[max(0, start - _CONTEXT // 2) : end + _CONTEXT // 2]
        return Unread(where, f"the offsets {start} to {end} cut a word: “{words}” in “{around}”; mark it anew")
    return Annotation(
        where, labels, text[start:end], text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    )


def _doccano(where: int, document: Json) -> Iterator[Annotation | Unread]:
    text = document.get("text", document.get("data"))
    if not isinstance(text, str):
        yield Unread(where, "it has no text")
        return
    for label in _list(document.get("label", document.get("labels", document.get("entities")))):
        if isinstance(label, dict):
            label = [label.get("start_offset"), label.get("end_offset"), label.get("label")]
        if not isinstance(label, list) or len(label) != 3 or not all(isinstance(one, int) for one in label[:2]):
            yield Unread(where, f"{json.dumps(label, ensure_ascii=False)} is no span: start, end and label")
            continue
        yield _spanned(where, [str(label[2])], None, {"start": label[0], "end": label[1]}, [text])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any) -> Iterator[str]:
    yield from (one for one in _list(value) if isinstance(one, str))


_READERS: dict[str, Callable[[int, Json], Iterator[Annotation | Unread]]] = {
    "target": _web,
    "annotations": _label_studio,
    "label": _doccano,
    "labels": _doccano,
    "entities": _doccano,
}
