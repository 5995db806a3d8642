"""Takes over the changed text of an article: paragraphs anew, and every span to where its words stand now."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.ingest.editing.anchoring import SPAN_KEYS, Anchoring, Replacement, SeedFile, changed_files
from app.ingest.editing.new_article import paragraph_line, read_text
from app.ingest.seed.file_changes import replace_files
from app.ingest.seed.files import Key, SeedError
from app.ingest.seed.reading import DossierError, parse_part, parts
from app.ingest.seed.seed_base import AT
from app.ingest.seed.yaml_edits import Edit, edited, mappings
from app.ingest.texts.passages import Extent, PassageError, Text, digest
from app.ingest.texts.text_fragments import Fragment

_MOVED = tuple(key for key in SPAN_KEYS if key != "exact")


def renew_text(directory: Path, slug: str, file: Path) -> Anchoring:
    """Writes the paragraphs of a changed text into `article.yaml`, and moves the spans of all files. Returns how many
    moved. Raises DossierError, and writes nothing, where the words of a span are not in the new text."""
    seed_parts, _, _ = parts(directory)
    part = next((one for one in seed_parts if one.resource == "articles" and one.article == slug), None)
    errors: list[SeedError] = []
    read = list(parse_part(part, errors)) if part else []
    if part is None or errors or not read:
        message = "there is no such article yet; begin it without --renew"
        raise DossierError(errors or [SeedError(str(directory / "articles" / slug), 1, slug, "", message)])
    article, _ = read[0]
    plain = read_text(file)
    text = Text("\n".join(plain.paragraphs), (str(article.get("title")), *map(str, article.get("authors", ()))))
    coded = [one if isinstance(one, dict) else {} for one in article.get("paragraphs", ())]
    numbers = _numbers(coded, text.paragraphs)
    result = Anchoring()
    mover = _Mover(slug, numbers)
    written = changed_files(seed_parts, {slug: text}, mover, result, errors)
    if errors:
        raise DossierError(errors)
    content = part.path.read_text("utf-8")
    renewed = _article(content, coded, text.paragraphs, numbers)
    if renewed != content:
        written[part.path] = renewed.encode()
        result.files.insert(0, part.name)
    replace_files(directory, written)
    return result


def _numbers(coded: Sequence[Mapping[str, Any]], paragraphs: Sequence[str]) -> dict[int, int]:
    """Returns the new numbers of the paragraphs that were coded; those that are gone are left out."""
    before = [str(one.get("sha256")) for one in coded]
    after = [digest(paragraph) for paragraph in paragraphs]
    numbers: dict[int, int] = {}
    for _, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for offset in range(min(end - start, new_end - new_start)):
            numbers[start + offset + 1] = new_start + offset + 1
    return numbers


def _article(
    content: str, coded: Sequence[Mapping[str, Any]], paragraphs: Sequence[str], numbers: Mapping[int, int]
) -> str:
    """Returns the content of `article.yaml` with new paragraphs, and captions where they stand now."""
    old = {new: coded[number - 1] for number, new in numbers.items()}
    lines = []
    for number in range(1, len(paragraphs) + 1):
        known = old.get(number, {})
        shortens = [numbers[int(one)] for one in known.get("shortens", ()) if int(one) in numbers]
        lines.append(paragraph_line(paragraphs, number, known.get("kind"), shortens))
    nodes = list(mappings(content))
    (start,) = [pair.start for node in nodes if node.path == () for pair in node.pairs if pair.key == "paragraphs"]
    end = max((node.end for node in nodes if node.path[:1] == ("paragraphs",)), default=start)
    line_end = content.find("\n", end)
    edits = [Edit(start, len(content) if line_end < 0 else line_end, "\n".join(["paragraphs:", *lines]))]
    for node in nodes:
        for pair in node.pairs:
            if node.path[:1] == ("captions",) and pair.key == "paragraph" and str(pair.value).isdecimal():
                number = int(str(pair.value))
                edits.append(Edit(pair.start, pair.end, f"paragraph: {numbers.get(number, number)}"))
    return edited(content, edits)


class _Mover:
    """Moves the spans of one article."""

    def __init__(self, article: str, numbers: Mapping[int, int]) -> None:
        self._article = article
        self._numbers = numbers

    def __call__(self, file: SeedFile, keys: Mapping[str, Any], path: Key) -> Replacement | None:
        """Returns the span of the same words in the new text; None for what stays as it is."""
        at = AT.fullmatch(str(keys.get("at")))
        if at is None or "sha256" not in keys or file.article(keys) != self._article:
            return None
        paragraph, start, end = map(int, at.groups())
        text = file.texts[self._article]
        found = self._find(text, str(keys["sha256"]), (paragraph, start, end))
        if found is None:
            raise PassageError("its words are not in the new text; write others in place of this span: words: …")
        fragment = Fragment(str(keys.get("first")), keys.get("last"), keys.get("before"), keys.get("after"))
        if found == (paragraph, start, end) and text.leads_to(fragment, *found):
            return None
        file.result.done += 1
        return Replacement(_MOVED, text.passage(*found).span())

    def _find(self, text: Text, sha256: str, old: Extent) -> Extent | None:
        """Returns where words with a digest stand: where they stood, else in the same paragraph, else anywhere."""
        number, start, end = self._numbers.get(old[0], 0), old[1], old[2]
        if number and digest(text.slice(number, start, end)) == sha256:
            return number, start, end
        length = end - start
        for other in sorted(range(1, len(text.paragraphs) + 1), key=lambda one: one != number):
            line = text.paragraphs[other - 1]
            for position in range(len(line) - length + 1):
                if digest(line[position : position + length]) == sha256:
                    return other, position, position + length
        return None
