"""Makes seed records of the rows of a table.

A row is a paragraph of the article that it belongs to, and the passage that all its records rest on. A row with a
mistake is refused as a whole, and leaves nothing behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from app.importing.figures import alternatives
from app.importing.shared_records import SharedTable
from app.importing.table_columns import derived
from app.importing.table_maps import TableMap
from app.importing.tables import Row
from app.importing.templates import Cells, RowError, each, evaluate
from app.ingest.seed.error_messages import display_value
from app.ingest.seed.files import Key, SeedError, Source
from app.ingest.seed.reading import Part, validate_record
from app.ingest.texts.passages import digest
from app.model.codebook import Codebook

Data = dict[str, Any]

_PARAGRAPH_KIND = "row"
_EVIDENCE = {"where": ("places",), "when": ("date", "time"), "who": ("actors",)}
"""Besides `what`, what a row is evidence for where an incident has one of these keys."""


class RefusedRow(Exception):
    """A row has mistakes."""

    def __init__(self, row: Row, errors: list[SeedError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.row, self.errors = row, errors


@dataclass
class ArticleRows:
    """An article and its rows so far. `line` is that of the first."""

    data: Data
    line: int
    paragraphs: list[Data] = field(default_factory=list)


class RowRecords(NamedTuple):
    """The records of a row that are nobody else's, by article: an incident, and what other articles add to it. `texts`
    is what the row adds to the text of each article."""

    line: int
    records: list[tuple[str, Data]]
    texts: dict[str, str]


class TableRecords:
    """The records of a table so far."""

    def __init__(
        self, table_map: TableMap, path: Path, note: str, shared: dict[str, SharedTable], codebook: Codebook
    ) -> None:
        self.articles: dict[str, ArticleRows] = {}
        self.shared = shared
        self._map, self._path, self._note, self._codebook = table_map, path, note, codebook
        self._incidents: dict[str, int] = {}

    def add(self, row: Row) -> RowRecords:
        """Returns the records of a row. Raises RefusedRow, and then the row adds nothing."""
        try:
            records = self._add(row)
        except RowError as error:
            raise RefusedRow(row, [self._source(row, "").error(error.path, str(error))]) from error
        finally:
            for one in self.shared.values():
                one.rollback()
        return records

    def _add(self, row: Row) -> RowRecords:
        cells = derived(self._map.columns, row.cells)
        articles: list[Data] | None = evaluate(self._map.article, cells, ("article",))
        incident: Data | None = evaluate(self._map.incident, cells, ("incident",))
        if articles is None or incident is None:
            name = "article" if articles is None else "incident"
            raise RowError((name, "id"), "the columns of its id are empty")
        if (id_ := incident["id"]) in self._incidents:
            raise RowError(("incident", "id"), f"'{id_}' is the id of the row in line {self._incidents[id_]} already")
        text = row_text(id_, row)
        passages = {one["id"]: self._passage(one["id"], id_, text) for one in articles}
        home, passage = next(iter(passages.items()))
        errors = [error for one in articles for error in self._article_errors(one, row)]
        errors += self._add_shared(cells, row, passage, incident)
        if self._map.alternatives and "casualties" in incident:
            incident["casualties"] = [one for claim in incident["casualties"] for one in alternatives(claim)]
        for claim in incident.get("casualties", []):
            claim["evidence"] = [{"field": "count", **passage}]
        incident["evidence"] = _evidence(incident, passage)
        errors += self._errors(row, "incidents", incident, ("incident",))
        if errors:
            raise RefusedRow(row, errors)
        self._keep(row, articles, id_, text)
        others = ((article, other) for article, other in passages.items() if article != home)
        extensions = [(article, {"extends": id_, "evidence": _evidence(incident, other)}) for article, other in others]
        return RowRecords(row.line, [(home, incident), *extensions], dict.fromkeys(passages, text))

    def _passage(self, article: str, id_: str, text: str) -> Data:
        number = len(self.articles[article].paragraphs) + 1 if article in self.articles else 1
        return {"article": article, "at": f"{number}:0-{len(text)}", "sha256": digest(text), "first": key(id_)}

    def _article_errors(self, article: Data, row: Row) -> Iterator[SeedError]:
        article["note"] = f"{article['note']} {self._note}" if "note" in article else self._note
        known = self.articles.get(article["id"])
        if known is None:
            paragraph = {"kind": _PARAGRAPH_KIND, "length": 1, "sha256": digest("")}
            yield from self._errors(row, "articles", {**article, "paragraphs": [paragraph]}, ("article",))
            return
        for name in article.keys() | known.data.keys():
            if article.get(name) != known.data.get(name):
                here, before = display_value(article.get(name, "")), display_value(known.data.get(name, ""))
                message = f"this is {here}, and in line {known.line} it is {before}; it is one article"
                yield self._source(row, article["id"]).error(("article", name), message)

    def _add_shared(self, cells: Cells, row: Row, passage: Data, incident: Data) -> Iterator[SeedError]:
        """Adds the shared records of a row, and yields their mistakes. What refers to a place that got another id,
        because it lies elsewhere, gets that id too."""
        renamed: dict[str, str] = {}
        for resource, items in self._map.shared.items():
            for index, item in enumerate(items.items):
                path = (resource, index)
                for data in each(item, cells, path):
                    for parent in data.get("parents", []) if resource == "places" else []:
                        parent["id"] = renamed.get(parent["id"], parent["id"])
                    data["evidence"] = [{"field": "name", **passage}]
                    id_, is_new = self.shared[resource].add(data, row.line, path)
                    if is_new:
                        yield from self._errors(row, resource, self.shared[resource].pending(id_), path)
                    if resource == "places":
                        renamed[data["id"]] = id_
        for link in incident.get("places", []):
            link["id"] = renamed.get(link["id"], link["id"])
        if "location" in incident:
            incident["location"] = renamed.get(incident["location"], incident["location"])

    def _keep(self, row: Row, articles: list[Data], id_: str, text: str) -> None:
        for article in articles:
            known = self.articles.setdefault(article["id"], ArticleRows(article, row.line))
            known.paragraphs.append({"kind": _PARAGRAPH_KIND, "length": len(text), "sha256": digest(text)})
        for one in self.shared.values():
            one.commit()
        self._incidents[id_] = row.line

    def _errors(self, row: Row, resource: str, data: Data, path: Key) -> list[SeedError]:
        errors: list[SeedError] = []
        source = self._source(row, str(data.get("id", "")), path)
        validate_record(Part(0, self._path, str(self._path), resource), 0, data, source, errors, self._codebook)
        return errors

    def _source(self, row: Row, record: str, path: Key = ()) -> Source:
        return Source(str(self._path), row.line, record, None, path)


def key(id_: str) -> str:
    """Returns the word that a row's text begins with, which stands in no other row: links lead to it."""
    return id_.replace("-", "_")


def row_text(id_: str, row: Row) -> str:
    """Returns the text of a row, in one line: its key, and each column that is not empty with its cell."""
    cells = ((name, "; ".join(cell) if isinstance(cell, list) else cell) for name, cell in row.cells.items())
    return "; ".join([key(id_), *(f"{name}: {' '.join(cell.split())}" for name, cell in cells if cell)])


def _evidence(incident: Data, passage: Data) -> list[Data]:
    fields = [name for name, keys in _EVIDENCE.items() if any(one in incident for one in keys)]
    return [{"field": name, **passage} for name in ("what", *fields)]
