"""Statements: what was said indirectly, claimed, denied or left unanswered."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_
from sqlmodel import col

from app.model.codebook import Stance, Topic
from app.model.digests import Data
from app.model.documents import StatementDocument
from app.model.references import articles_of, ids_in, ids_of_type
from app.queries.conditions import Condition, dated, exists_link
from app.queries.facets import by_article, by_column, by_dates, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, refines, whether
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import Days, Flag, Id, OrganizationIds, PartyIds, PlaceIds, Refers
from app.records.hierarchies import PARTIES, in_places, places_within
from app.records.row_columns import reading_position
from app.records.speakers import by_organization, spoken_by_organization
from app.storage.speech_models import Contradiction, Statement, StatementAbout

_SUBJECTS = (col(StatementAbout.incident_id), col(StatementAbout.place_id), col(StatementAbout.party_id))
_ATTRIBUTED = col(Statement.by_id).is_not(None)
_CONTESTED = col(Statement.contested).is_(True)
_BY_ORGANIZATION = spoken_by_organization(col(Statement.id), col(Statement.by_id))


def _about(ids: Any, filters: Any) -> Condition:
    about = or_(*(subject.in_(ids) for subject in _SUBJECTS))
    return exists_link(col(Statement.id), col(StatementAbout.statement_id), about)


def _about_places(ids: Any, filters: Any) -> Condition:
    at = col(StatementAbout.place_id).in_(places_within(ids))
    return exists_link(col(Statement.id), col(StatementAbout.statement_id), at)


def _about_days(days: Any, filters: Any) -> Condition:
    return dated(Statement, days, filters.date_match, col(Statement.earliest))


class StatementFilters(Listing):
    """What lists of statements take."""

    stance: Annotated[list[Stance], one_of(col(Statement.stance))] = Field(
        [], description="What the speaker does with it."
    )
    topic: Annotated[list[Topic], one_of(col(Statement.topic))] = Field(
        [], description="The subject of general statements."
    )
    by: Annotated[PartyIds, one_of(col(Statement.by_id))] = Field([], description="Who says so.")
    attributed: Annotated[Flag | None, whether(_ATTRIBUTED)] = Field(
        None, description="Whether somebody is given as saying so; `false` is the article's own voice."
    )
    organization: Annotated[OrganizationIds, _BY_ORGANIZATION] = Field(
        [], description="Said by this organization or a part of it, or by somebody who belongs to one of them."
    )
    about: Annotated[list[Id], Refers(("incidents", "places", "people", "organizations")), Where(_about)] = Field(
        [], description="About this incident, place, person or organization."
    )
    place: Annotated[PlaceIds, Where(_about_places)] = Field([], description="About this place or anywhere inside it.")
    contested: Annotated[Flag | None, whether(_CONTESTED)] = Field(
        None, description="Whether it stands against another statement or quote."
    )
    datetime: Annotated[Days | None, Where(_about_days)] = Field(
        None, description="The time that it is about; as for incidents."
    )
    date_match: Annotated[Literal["overlaps", "within"] | None, refines("datetime")] = Field(
        None, description="As for incidents."
    )
    sort: Literal["position", "-position", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `position` is the order in the article. Default: `position`."
        ),
    )


def _places(filters: Any) -> Select[Any]:
    return in_places(col(StatementAbout.statement_id), col(StatementAbout.place_id))


def _subjects(filters: Any) -> list[Select[Any]]:
    return [pairs_of(col(StatementAbout.statement_id), subject).where(subject.is_not(None)) for subject in _SUBJECTS]


def _texts(document: Data) -> list[str | None]:
    return [document["gist"], document["by"]["label"] if document["by"] else None, document["note"]]


def _row(document: Data) -> Row:
    first = document["evidence"][0]
    return {
        "sort_name": reading_position(document["article"], first["paragraph"], first["start"]),
        "article_id": document["article"],
        "stance": document["stance"],
        "by_id": document["by"]["id"] if document["by"] else None,
        "topic": document["topic"],
        "told_to_id": document["told_to"]["id"] if document["told_to"] else None,
        "contested": document["contested"],
    }


_ABOUT = {"incident": "incident_id", "place": "place_id", "person": "party_id", "organization": "party_id"}


def _child_rows(document: Data) -> ChildRows:
    owner = {"statement_id": document["id"]}
    for position, about in enumerate(document["about"]):
        row = dict.fromkeys(_ABOUT.values()) | {_ABOUT[about["type"]]: about["id"]}
        yield StatementAbout, {**owner, "position": position, **row}
    for position, other in enumerate(document["contradicts"]):
        is_quote = other["type"] == "quote"
        row = {"other_id": None if is_quote else other["id"], "quote_id": other["id"] if is_quote else None}
        yield Contradiction, {**owner, "position": position, **row}


STATEMENTS = RecordType(
    name="statements",
    type="statement",
    code=7,
    table=Statement,
    children=((StatementAbout, "statement_id"), (Contradiction, "statement_id")),
    row=_row,
    child_rows=_child_rows,
    document=StatementDocument,
    summary="What was said indirectly, claimed or denied.",
    description="What was said indirectly, claimed, denied or left unanswered, and what stands against it.",
    example="us-denies-depot-blasts",
    docs_position=7,
    title=itemgetter("gist"),
    texts=_texts,
    terms=lambda document: [document["stance"], document["topic"] or ""],
    references={
        "people": [ids_of_type("person", "by", "told_to", "about")],
        "organizations": [ids_of_type("organization", "by", "told_to", "about")],
        "incidents": [ids_of_type("incident", "about")],
        "places": [ids_of_type("place", "about")],
        "quotes": [ids_of_type("quote", "contradicts")],
        "statements": [ids_of_type("statement", "contradicts"), ids_in("contradicted_by")],
        "articles": [articles_of],
    },
    required={
        "people": [ids_of_type("person", "by", "told_to")],
        "organizations": [ids_of_type("organization", "by", "told_to")],
    },
    filters=StatementFilters,
    sorts={"position": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="position",
    facets={
        "stance": by_column(col(Statement.stance)),
        "by": by_column(col(Statement.by_id), *PARTIES, missing="the article's own voice"),
        "attributed": by_flag(_ATTRIBUTED),
        "organization": by_organization(Statement, col(Statement.by_id)),
        "place": by_links(col(Statement.id), _places, "places"),
        "about": by_links(col(Statement.id), _subjects, "incidents", "places", *PARTIES),
        "topic": by_column(col(Statement.topic), missing="about single events"),
        "contested": by_flag(_CONTESTED),
        **by_dates(col(Statement.earliest), col(Statement.latest)),
        **by_article(Statement, "statement"),
    },
)
