"""Imports a table into a seed folder: all of it, or all but the rows that are refused, or nothing."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.importing.shared_records import SharedTable
from app.importing.staging import Origin, Staging, existing_records, imported_articles, staging
from app.importing.table_maps import TableMap, read_map
from app.importing.table_records import RefusedRow, TableRecords
from app.importing.tables import Row, TableError, open_table
from app.ingest.building.pipeline import Progress, no_progress
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.model.codebook import Codebook

_PROGRESS_STEP_ROWS = 500


@dataclass
class Imported:
    """What an import did: how many records of each resource it made, how many rows there were, the mistakes of those
    that it refused, and which places have the name of another one that lies elsewhere."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    refused: dict[int, list[SeedError]] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)


class RefusedRows(DossierError):
    """Rows of a table have mistakes, and there is no file to set them aside in."""


@dataclass(frozen=True)
class TableImport:
    """A table, the map to read it with, and the seed folder to bring it into."""

    table: Path
    map: TableMap
    seed: Path
    codebook: Codebook

    @classmethod
    def of(cls, table: Path, map_path: Path, seed: Path) -> "TableImport":
        """Reads the map. Raises DossierError for its mistakes, and for those of the seed's codebook."""
        errors: list[SeedError] = []
        codebook = read_codebook(seed, errors)
        if errors:
            raise DossierError(errors)
        return cls(table, read_map(map_path, codebook), seed, codebook)

    def run(
        self, *, refused: Path | None = None, rows: Path | None = None, progress: Progress = no_progress
    ) -> Imported:
        """Writes the records of a table into the seed folder.

        With `refused`, rows with mistakes are written there, and the other rows imported; without it, one mistake stops
        all. `rows` is a folder for the text of each article, to verify the records against.

        Raises TableError, DossierError and OSError; then nothing has been written.
        """
        result = Imported()
        before, tables = imported_articles(self.seed), {self.table.name}
        while True:
            own = {id_ for id_, one in before.items() if one.map == self.map.path.name and one.table in tables}
            with staging(self.seed, own) as staged:
                written = self._stage(staged, result, progress)
                if versions := {one.table for id_, one in before.items() if id_ in written} - tables:
                    tables |= versions  # a table of another name that has the same articles is another version of it
                    continue
                found = staged.check(progress) if result.counts["incidents"] else []
                if others := [error for line, error in found if line is None]:
                    raise DossierError(others)
                for line, error in found:
                    assert line is not None
                    located = SeedError(str(self.table), line, error.record, error.field, error.message)
                    result.refused.setdefault(line, []).append(located)
                if found:
                    continue
                if result.refused and refused is None:
                    raise RefusedRows(list(_distinct_errors(result.refused.values())))
                if result.counts["incidents"]:
                    staged.apply()
                break
        if refused is not None:
            self._write_refused(refused, result.refused)
        if not result.counts["incidents"]:
            raise TableError(
                self.table, 0, f"all {result.rows} rows are refused, so nothing is imported; {refused} says why"
            )
        if rows is not None:
            rows.mkdir(parents=True, exist_ok=True)
            for article, lines in written.items():
                (rows / f"{article}.txt").write_text("\n".join(lines) + "\n", "utf-8")
        return result

    def _stage(self, staged: Staging, result: Imported, progress: Progress) -> dict[str, list[str]]:
        """Writes the records of all rows but those refused before. Returns the texts of the articles."""
        origin = Origin(self.table.name, self.map.path.name)
        existing = existing_records(self.seed, staged.own)
        shared = {name: SharedTable(name, existing[name]) for name in self.map.shared}
        made = TableRecords(self.map, self.table, origin.note, shared, self.codebook)
        texts: dict[str, list[str]] = {}
        result.rows, result.counts = 0, Counter()
        for row in self._rows():
            result.rows += 1
            if result.rows % _PROGRESS_STEP_ROWS == 0:
                progress("Reading rows", result.rows, None)
            if row.line in result.refused:
                continue
            try:
                records = made.add(row)
            except RefusedRow as error:
                result.refused[row.line] = error.errors
                continue
            for id_, record in records.records:
                staged.add(f"articles/{id_}/incidents.jsonl", record, row.line)
            for id_, text in records.texts.items():
                texts.setdefault(id_, []).append(text)
            result.counts["incidents"] += 1
        if not result.rows:
            raise TableError(self.table, 0, "there are no rows")
        of_map = {id_ for id_, one in imported_articles(self.seed).items() if one.map == origin.map}
        for id_, article in made.articles.items():
            if (self.seed / "articles" / id_).exists() and id_ not in of_map:
                message = f"the seed has an article '{id_}' that was not imported with this map; choose another id"
                raise DossierError([SeedError(str(self.table), article.line, id_, "article.id", message)])
            staged.add_article(id_, {**article.data, "paragraphs": article.paragraphs}, article.line)
        for name, records_of in made.shared.items():
            for id_, evidence in records_of.cited.items():
                staged.cite(f"{name}.jsonl", id_, evidence)
            for one in records_of.records.values():
                staged.add(f"{name}.jsonl", one.data, one.line)
            result.counts[name] = len(records_of.records)
            result.apart |= {id_: other for id_, other in records_of.apart.items() if id_ in records_of.records}
        result.counts["articles"] = len(made.articles)
        return texts

    def _rows(self) -> Iterator[Row]:
        table = open_table(self.table, self.map.format)
        self.map.check_columns(table.columns)
        return table.rows

    def _write_refused(self, path: Path, refused: dict[int, list[SeedError]]) -> None:
        columns = open_table(self.table, self.map.format).columns
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "mistakes", *columns])
            for row in self._rows():
                if row.line in refused:
                    mistakes = "; ".join(f"{error.field}: {error.message}" for error in refused[row.line])
                    cells = (row.cells.get(name, "") for name in columns)
                    written = ("; ".join(cell) if isinstance(cell, list) else cell for cell in cells)
                    writer.writerow([row.line, mistakes, *written])


def example_map(name: str) -> str:
    """Returns a map to begin with. Raises TableError if there is none of this name."""
    maps = {path.stem: path for path in (Path(__file__).parent / "maps").glob("*.yaml")}
    if name not in maps:
        raise TableError(Path(name), 0, f"there is no example of this name; there are {', '.join(sorted(maps))}")
    return maps[name].read_text("utf-8")


def _distinct_errors(refused: Iterable[list[SeedError]]) -> Iterator[SeedError]:
    """Yields each mistake once, with how many rows have the same."""
    errors = [error for some in refused for error in some]
    counts = Counter((error.field, error.message) for error in errors)
    for error in errors:
        if more := counts.pop((error.field, error.message), 0):
            also = f" (and in {more - 1} other row{'s' if more > 2 else ''})" if more > 1 else ""
            yield SeedError(error.file, error.line, error.record, error.field, error.message + also)
