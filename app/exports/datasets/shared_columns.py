"""Columns and kinds of table that several public tables share."""

from app.exports.datasets.columns import (
    OWNER,
    POSITION,
    WHOLE_ITEM,
    Column,
    Table,
    choice,
    column,
    integer,
    reference,
    text,
)
from app.model import codebook
from app.model.fields import BOUNDS

ID = text("id")
NOTE = text("note", nullable=True)
OF_THE_RELEASE = (
    integer("version"),
    Column("changed_in", "integer", "changed_in", references="releases.number"),
)
DATE = (
    text("date_edtf", "date.edtf", nullable=True),
    text("date_as_stated", "date.as_stated", nullable=True),
    column("date_earliest", "date", "date.earliest", nullable=True),
    column("date_latest", "date", "date.latest", nullable=True),
    choice("date_precision", codebook.DatePrecision, "date.precision", nullable=True),
    column("date_approximate", "boolean", "date.approximate", nullable=True),
    text("date_note", "date.note", nullable=True),
)
TOTALS = tuple(
    integer(f"{outcome}_{bound.replace('.', '_')}", f"totals.{outcome}.{bound}", nullable=True)
    for outcome in codebook.CasualtyOutcome
    for bound in BOUNDS
)


def owner(name: str, table: str) -> Column:
    return reference(name, f"{table}.id", OWNER, description="Whose row it is.")


def position() -> Column:
    return integer("position", POSITION, description="Its place in the record's list, from 0.")


def point(outer: str) -> tuple[Column, ...]:
    """Returns the columns of a point, of a place or of an incident's location; `outer` is the path of its precision."""
    at = "location." if outer == "location" else ""
    return (
        column("latitude", "number", f"{at}latitude", nullable=True),
        column("longitude", "number", f"{at}longitude", nullable=True),
        choice("coordinate_precision", codebook.CoordinatePrecision, f"{outer}.precision", nullable=True),
        integer("coordinate_radius_m", f"{outer}.radius_m", nullable=True),
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
            text("name"),
            choice("basis", codebook.Basis),
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
            reference("parent_id", f"{table}.id", "id"),
            choice("basis", codebook.Basis),
        ),
    )


def link(name: str, whose: tuple[str, str], other: tuple[str, str], each: str, description: str) -> Table:
    """A table of pairs of ids."""
    return Table(
        name,
        description,
        ((whose[1], each),),
        (whose[0], other[0]),
        (owner(*whose), reference(other[0], f"{other[1]}.id", WHOLE_ITEM)),
    )
