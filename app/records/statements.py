"""Statements: what was said indirectly, claimed, denied or left unanswered."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, or_
from sqlmodel import col

from app.counts.columns import Links, References
from app.counts.criteria import AnyOf, HasLink, ValueIn
from app.counts.tallies import ByLinks
from app.model.codebook import Stance, Topic
from app.model.digests import Data
from app.model.documents import StatementDocument
from app.model.references import articles_of, ids_of_each, ids_of_type
from app.queries.conditions import Condition, LinkExclusion, exists_link, no_link
from app.queries.days import dated
from app.queries.facets import by_article, by_column, by_dates, by_flag, by_links, pairs_of
from app.queries.filters import Listing, Where, one_of, refines, whether
from app.queries.record_type import ChildRows, RecordType, Row
from app.queries.values import Days, DocumentIds, Flag, Id, OrganizationIds, PartyIds, PlaceIds, Refers
from app.records.documents import by_document, document_rows, labels_of_documents, through
from app.records.hierarchies import OF_PLACES, PARTIES, in_places, may_lie_in, perhaps_there, places_within
from app.records.row_columns import reading_position
from app.records.speakers import by_organization, spoken_by_organization
from app.storage.document_models import StatementDocumentLink
from app.storage.speech_models import Contradiction, Statement, StatementAbout

_THROUGH = (col(Statement.id), col(StatementDocumentLink.statement_id), col(StatementDocumentLink.document_id))
_SUBJECTS: tuple[Any, ...] = (
    col(StatementAbout.incident_id),
    col(StatementAbout.place_id),
    col(StatementAbout.party_id),
)
_ATTRIBUTED = col(Statement.by_id).is_not(None)
_CONTESTED = col(Statement.contested).is_(True)
_BY_ORGANIZATION = spoken_by_organization(col(Statement.id), col(Statement.by_id))


def _about(ids: Any, filters: Any) -> Condition:
    about = or_(*(subject.in_(ids) for subject in _SUBJECTS))
    criterion = HasLink("about", (_is_about(ids),))
    return exists_link(col(Statement.id), col(StatementAbout.statement_id), about, criterion=criterion)


def _about_places(ids: Any, filters: Any) -> Condition:
    at = col(StatementAbout.place_id).in_(places_within(ids))
    criterion = HasLink("about", (ValueIn("place_id", ids, OF_PLACES),))
    return exists_link(col(Statement.id), col(StatementAbout.statement_id), at, criterion=criterion)


def _not_about(ids: Any, filters: Any) -> Condition:
    about = or_(*(subject.in_(ids) for subject in _SUBJECTS))
    criteria = LinkExclusion("about", _is_about(ids))
    return no_link(col(Statement.id), col(StatementAbout.statement_id), about, criteria=criteria)


def _is_about(ids: Any) -> AnyOf:
    return AnyOf(tuple(ValueIn(str(subject.key), ids) for subject in _SUBJECTS))


def _not_about_places(ids: Any, filters: Any) -> Condition:
    place = col(StatementAbout.place_id)
    at, unclear = place.in_(places_within(ids)), may_lie_in(place, ids)
    perhaps = ValueIn("place_id", perhaps_there(ids))
    criteria = LinkExclusion("about", ValueIn("place_id", ids, OF_PLACES), unclear=perhaps)
    return no_link(col(Statement.id), col(StatementAbout.statement_id), at, unclear=unclear, criteria=criteria)


def _about_days(days: Any, filters: Any) -> Condition:
    return dated(Statement, days, filters.date_match, col(Statement.earliest))


class StatementFilters(Listing):
    """What lists of statements take."""

    stance: Annotated[list[Stance], one_of(col(Statement.stance))] = Field(
        default_factory=list, description="What the speaker does with it."
    )
    topic: Annotated[list[Topic], one_of(col(Statement.topic))] = Field(
        default_factory=list, description="The subject of general statements."
    )
    by: Annotated[PartyIds, one_of(col(Statement.by_id))] = Field(default_factory=list, description="Who says so.")
    attributed: Annotated[Flag | None, whether(_ATTRIBUTED, "attributed")] = Field(
        None, description="Whether somebody is given as saying so; `false` is the article's own voice."
    )
    organization: Annotated[OrganizationIds, _BY_ORGANIZATION] = Field(
        default_factory=list,
        description="Said by this organization or a part of it, or by somebody who belongs to one of them.",
    )
    document: Annotated[DocumentIds, through(*_THROUGH)] = Field(
        default_factory=list, description="That came through this document."
    )
    about: Annotated[
        list[Id], Refers(("incidents", "places", "people", "organizations")), Where(_about, exclusion=_not_about)
    ] = Field(default_factory=list, description="About this incident, place, person or organization.")
    place: Annotated[PlaceIds, Where(_about_places, exclusion=_not_about_places)] = Field(
        default_factory=list, description="About this place or anywhere inside it."
    )
    contested: Annotated[Flag | None, whether(_CONTESTED, "contested")] = Field(
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


# Places first, because they are counted with what contains them.
_OF_SUBJECTS = ("places", "incidents", *PARTIES)
_ABOUT_LINKS = Links(
    "about",
    col(StatementAbout.statement_id),
    tuple(References(str(subject.key), subject, _OF_SUBJECTS) for subject in _SUBJECTS),
)
_BY_SUBJECT = ByLinks(_ABOUT_LINKS, tuple(one.name for one in _ABOUT_LINKS.columns))
_BY_PLACE = ByLinks(_ABOUT_LINKS, ("place_id",), OF_PLACES)


def _texts(document: Data) -> list[str | None]:
    return [
        document["gist"],
        document["by"]["label"] if document["by"] else None,
        document["note"],
        *labels_of_documents(document),
    ]


def _row(document: Data) -> Row:
    first = document["evidence"][0]
    return {
        "sort_name": reading_position(document["article"]["id"], first["paragraph"], first["start"]),
        "article_id": document["article"]["id"],
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
    yield from document_rows(StatementDocumentLink, "statement_id", document)


STATEMENTS = RecordType(
    name="statements",
    type="statement",
    code=7,
    table=Statement,
    children=(
        (StatementAbout, "statement_id"),
        (Contradiction, "statement_id"),
        (StatementDocumentLink, "statement_id"),
    ),
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
        "statements": [ids_of_type("statement", "contradicts"), ids_of_each("contradicted_by")],
        "documents": [ids_of_each("documents")],
        "articles": [articles_of],
    },
    required={
        "people": [ids_of_type("person", "by", "told_to")],
        "organizations": [ids_of_type("organization", "by", "told_to")],
        "documents": [ids_of_each("documents")],
    },
    filters=StatementFilters,
    sorts={"position": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="position",
    facets={
        "stance": by_column(col(Statement.stance)),
        "by": by_column(col(Statement.by_id), *PARTIES, missing="the article's own voice"),
        "attributed": by_flag(_ATTRIBUTED),
        "organization": by_organization(Statement, col(Statement.by_id)),
        "place": by_links(col(Statement.id), _places, "places", tally=_BY_PLACE),
        "about": by_links(col(Statement.id), _subjects, "incidents", "places", *PARTIES, tally=_BY_SUBJECT),
        "topic": by_column(col(Statement.topic), missing="about single events"),
        "contested": by_flag(_CONTESTED),
        **by_dates(col(Statement.earliest), col(Statement.latest), col(Statement.open_start), col(Statement.open_end)),
        "document": by_document(*_THROUGH),
        **by_article(Statement, "statement"),
    },
)
