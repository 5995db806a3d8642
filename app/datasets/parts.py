"""Columns and tables that several public tables have in common."""

from app import codebook
from app.datasets.columns import ITSELF, OWNER, POSITION, Column, Table, choice, column, reference, text, whole

ID = text("id", "Unique within its table and never reused.")
NOTE = text("note", "What a reader should know about it.", nullable=True)
OF_THE_RELEASE = (
    whole("version", "Counts the record's changes, from 1."),
    Column("changed_in", "integer", "The release that changed it last.", "changed_in", references="releases.number"),
)
DATE = (
    text("date_edtf", "When, as precisely as the reporting says: EDTF, ISO 8601-2.", "date.edtf", nullable=True),
    column("date_earliest", "date", "First possible day.", "date.earliest", nullable=True),
    column("date_latest", "date", "Last possible day.", "date.latest", nullable=True),
    choice("date_precision", codebook.DatePrecision, "How precise the date is.", "date.precision", nullable=True),
    column("date_approximate", "boolean", "It is uncertain or approximate.", "date.approximate", nullable=True),
    text("date_note", "What a reader should know about the date.", "date.note", nullable=True),
)
TOTALS = tuple(
    whole(f"{outcome}_{bound}", f"Sum of the counted claims: {meaning}.", f"totals.{outcome}.{bound}", nullable=True)
    for outcome in ("killed", "wounded", "abducted", "detained")
    for bound, meaning in (
        ("low", f"{outcome} at least; null where nothing is said of it"),
        ("high", f"{outcome} at most; null where that is open or nothing is said of it"),
    )
)


def owner(name: str, table: str) -> Column:
    return reference(name, f"{table}.id", "Whose row it is.", OWNER)


def position() -> Column:
    return whole("position", "Its place in the record's list, from 0.", POSITION)


def point(outer: str) -> tuple[Column, ...]:
    """A point, of a place or of an incident's location; `outer` is where its precision stands in the document."""
    at = "location." if outer == "location" else ""
    return (
        column("latitude", "number", "WGS 84 degrees; null where no point is known.", f"{at}latitude", nullable=True),
        column("longitude", "number", "WGS 84 degrees.", f"{at}longitude", nullable=True),
        choice(
            "coordinate_precision",
            codebook.CoordinatePrecision,
            "How closely the point stands for the place.",
            f"{outer}.precision",
            nullable=True,
        ),
        whole("radius_m", "It lies within this many metres of the point.", f"{outer}.radius_m", nullable=True),
    )


def aliases(name: str, whose: Column, *resources: str) -> Table:
    return Table(
        name,
        "Other names.",
        tuple((resource, "aliases") for resource in resources),
        (whose.name, "position"),
        (
            whose,
            position(),
            text("name", "The other name or spelling."),
            choice("basis", codebook.Basis, "Whether the reporting uses it."),
        ),
    )


def parents(name: str, whose: str, table: str, description: str) -> Table:
    return Table(
        name,
        description,
        ((table, "parents"),),
        (whose, "parent_id"),
        (
            owner(whose, table),
            reference("parent_id", f"{table}.id", "What it is within.", "id"),
            choice("basis", codebook.Basis, "Whether the reporting says so."),
        ),
    )


def link(name: str, whose: tuple[str, str], other: tuple[str, str], each: str, description: str) -> Table:
    """A table of pairs of ids."""
    return Table(
        name,
        description,
        ((whose[1], each),),
        (whose[0], other[0]),
        (owner(*whose), reference(other[0], f"{other[1]}.id", "The other record.", ITSELF)),
    )
