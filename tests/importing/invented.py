"""An invented table with the oddities of real ones, and its map."""

import csv
from pathlib import Path
from typing import Any

import yaml

from app.importing.table_import import Imported, TableImport
from app.ingest.building.pipeline import dossier
from app.ingest.seed.reading import Dossier, DossierError

COLUMNS = ["nr", "day", "town", "latitude", "longitude", "side", "low", "best", "high", "sources"]
MAP: dict[str, Any] = {
    "columns": {"source": {"of": "{sources}", "split": ";"}},
    "article": {
        "id": "river-log",
        "title": "Log of the Ash River",
        "authors": ["Ada Lind"],
        "publishers": ["The Ash Courier"],
        "published": "2022-01-01",
        "language": "en",
        "url": "https://courier.example/log/",
        "rights": "The log belongs to The Ash Courier.",
    },
    "places": [
        {
            "id": "{town}",
            "name": "{town}",
            "named": "true",
            "kind": "town",
            "coordinate": {
                "when": "{latitude}",
                "latitude": "{latitude}",
                "longitude": "{longitude}",
                "precision": "locality",
                "radius_m": "5000",
                "source": "the log",
            },
        }
    ],
    "organizations": [{"id": "{side}", "name": "{side}", "kind": "armed_group"}],
    "documents": [{"id": "{source}", "label": "{source}", "kind": "report"}],
    "incident": {
        "id": "log-{nr}",
        "title": "Shots near {town}",
        "summary": "Entry {nr} of the log.",
        "kind": "killing",
        "granularity": "event",
        "date": {"edtf": "{day}"},
        "places": [{"id": "{town}", "role": "scene", "certainty": "stated"}],
        "actors": [{"id": "{side}", "role": "participant", "certainty": "stated"}],
        "casualties": [
            {
                "id": "log-{nr}-killed",
                "group": "unknown",
                "outcome": "killed",
                "low": "{low}",
                "best": "{best}",
                "high": "{high}",
                "basis": "reported",
                "documents": ["{source}"],
                "note": "As the log counts.",
            }
        ],
    },
}


def row(nr: int, **cells: str) -> dict[str, str]:
    """A row of the table; what is not said is empty."""
    return {"nr": str(nr), "town": "Orsa", "day": "2021-03-04", "low": "1", "best": "2", "high": "3", **cells}


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_map(path: Path, **changed: Any) -> Path:
    path.write_text(yaml.safe_dump({**MAP, **changed}, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def import_rows(folder: Path, *rows: dict[str, str], map_: dict[str, Any] | None = None, **how: Any) -> Imported:
    """Imports rows into the folder's `seed`."""
    table = write_table(folder / "log.csv", list(rows))
    return TableImport.of(table, write_map(folder / "map.yaml", **(map_ or {})), folder / "seed").run(**how)


def imported(folder: Path, *rows: dict[str, str], **how: Any) -> Dossier:
    """The checked records of an import."""
    import_rows(folder, *rows, **how)
    return dossier(folder / "seed")


def mistakes(folder: Path, *rows: dict[str, str], **how: Any) -> list[str]:
    """The mistakes for which nothing was imported, each from its line on."""
    try:
        import_rows(folder, *rows, **how)
    except DossierError as error:
        assert not (folder / "seed").exists()
        assert not list(folder.glob(".import-*"))
        return [str(one).removeprefix(f"{folder}/") for one in error.errors]
    raise AssertionError("it was imported")
