"""Quotes: what was said, verbatim."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select
from sqlmodel import col

from app.counts.columns import Links, References
from app.counts.criteria import HasLink, ValueIn
from app.counts.tallies import ByLinks
from app.model.codebook import Anonymity, QuoteKind
from app.model.digests import Data
from app.model.documents import QuoteDocument
from app.model.references import articles_of, id_of, ids_of_each, ids_of_type
from app.queries.conditions import Condition, LinkExclusion, exists_link, no_link
from app.queries.days import dated
from app.queries.facets import by_article, by_column, by_dates, by_flag, by_links
from app.queries.filters import Listing, Where, one_of, refines, whether
from app.queries.record_type import ChildRows, FeedText, RecordType, Row
from app.queries.values import Days, DocumentIds, Flag, IncidentIds, OrganizationIds, PartyIds, PlaceIds
from app.records.documents import by_document, document_rows, labels_of_documents, through
from app.records.hierarchies import (
    OF_OPERATIONS,
    OF_PLACES,
    PARTIES,
    in_places,
    incidents_containing,
    incidents_within,
    may_lie_in,
    of_operations,
    perhaps_there,
    places_within,
)
from app.records.row_columns import reading_position
from app.records.speakers import by_organization, spoken_by_organization
from app.storage.document_models import QuoteDocumentLink
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, QuoteSpan

_THROUGH = (col(Quote.id), col(QuoteDocumentLink.quote_id), col(QuoteDocumentLink.document_id))
_NAMED = col(Quote.anonymity).is_(None)
_BY_ORGANIZATION = spoken_by_organization(col(Quote.id), col(Quote.speaker_id))


def _about_incidents(ids: Any, filters: Any) -> Condition:
    about = col(QuoteIncident.incident_id).in_(incidents_within(ids))
    criterion = HasLink("incidents", (ValueIn("incident_id", ids, OF_OPERATIONS),))
    return exists_link(col(Quote.id), col(QuoteIncident.quote_id), about, criterion=criterion)


def _about_days(days: Any, filters: Any) -> Condition:
    return dated(Quote, days, filters.date_match, col(Quote.sort_date))


def _about_places(ids: Any, filters: Any) -> Condition:
    at = col(QuotePlace.place_id).in_(places_within(ids))
    criterion = HasLink("places", (ValueIn("place_id", ids, OF_PLACES),))
    return exists_link(col(Quote.id), col(QuotePlace.quote_id), at, criterion=criterion)


def _not_about_incidents(ids: Any, filters: Any) -> Condition:
    about, unclear = (
        col(QuoteIncident.incident_id).in_(some(ids)) for some in (incidents_within, incidents_containing)
    )
    containing = ValueIn("incident_id", incidents_containing(ids))
    criteria = LinkExclusion("incidents", ValueIn("incident_id", ids, OF_OPERATIONS), unclear=containing)
    return no_link(col(Quote.id), col(QuoteIncident.quote_id), about, unclear=unclear, criteria=criteria)


def _not_about_places(ids: Any, filters: Any) -> Condition:
    place = col(QuotePlace.place_id)
    unclear = may_lie_in(place, ids)
    at, perhaps = place.in_(places_within(ids)), ValueIn("place_id", perhaps_there(ids))
    criteria = LinkExclusion("places", ValueIn("place_id", ids, OF_PLACES), unclear=perhaps)
    return no_link(col(Quote.id), col(QuotePlace.quote_id), at, unclear=unclear, criteria=criteria)


class QuoteFilters(Listing):
    """What lists of quotes take."""

    speaker: Annotated[PartyIds, one_of(col(Quote.speaker_id), in_list_order=True)] = Field(
        default_factory=list, description="Whose words they are.", examples=[["hassan-al-soofy"]]
    )
    kind: Annotated[list[QuoteKind], one_of(col(Quote.kind), in_list_order=True)] = Field(
        default_factory=list, description="How the words are quoted."
    )
    anonymity: Annotated[list[Anonymity], one_of(col(Quote.anonymity))] = Field(
        default_factory=list, description="How the speaker appears, where unnamed."
    )
    named: Annotated[Flag | None, whether(_NAMED, "named")] = Field(None, description="Whether the speaker is named.")
    organization: Annotated[OrganizationIds, _BY_ORGANIZATION] = Field(
        default_factory=list, description="The speaker belongs to this organization or a part of it."
    )
    document: Annotated[DocumentIds, through(*_THROUGH)] = Field(
        default_factory=list, description="Whose words stand in this document."
    )
    incident: Annotated[IncidentIds, Where(_about_incidents, exclusion=_not_about_incidents)] = Field(
        default_factory=list, description="About this incident or a part of it."
    )
    place: Annotated[PlaceIds, Where(_about_places, exclusion=_not_about_places)] = Field(
        default_factory=list, description="About this place or anywhere inside it."
    )
    datetime: Annotated[Days | None, Where(_about_days, in_list_order=True)] = Field(
        None,
        description=(
            "The days of the incidents that it is about, written as for incidents: not those on which it was said. A "
            "quote about several has all days from the first possible one to the last. Quotes about none that has a "
            "date never match and are counted in `meta.not_judged.date`."
        ),
        examples=["2019-04"],
    )
    date_match: Annotated[Literal["overlaps", "within"] | None, refines("datetime")] = Field(
        None, description="As for incidents."
    )
    sort: Literal["position", "-position", "date", "-date", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `position` is the order in the article, `date` the first "
            "possible day of the incidents that it is about, last in both directions without one. Default: `position`."
        ),
    )


def _incidents(filters: Any) -> list[Select[Any]]:
    return of_operations(QuoteIncident, col(QuoteIncident.quote_id), col(QuoteIncident.incident_id))


def _places(filters: Any) -> Select[Any]:
    return in_places(col(QuotePlace.quote_id), col(QuotePlace.place_id))


_INCIDENT = References("incident_id", col(QuoteIncident.incident_id), ("incidents",))
_BY_INCIDENT = ByLinks(Links("incidents", col(QuoteIncident.quote_id), (_INCIDENT,)), ("incident_id",), OF_OPERATIONS)
_PLACE = References("place_id", col(QuotePlace.place_id), ("places",))
_BY_PLACE = ByLinks(Links("places", col(QuotePlace.quote_id), (_PLACE,)), ("place_id",), OF_PLACES)


def _feed_text(document: Data) -> FeedText:
    text, voice, relay = document["text"], document["speaker"]["label"], document["relayed_by"]
    if relay is not None:
        voice = f"{voice}, as told by {relay['label']}"
    return FeedText(f"{voice}: “{text}”", f"“{text}”")


def _texts(document: Data) -> list[str | None]:
    return [document["text"], document["speaker"]["label"], document["note"], *labels_of_documents(document)]


def _row(document: Data) -> Row:
    first = document["spans"][0]
    return {
        "sort_name": reading_position(document["article"]["id"], first["paragraph"], first["start"]),
        "article_id": document["article"]["id"],
        "kind": document["kind"],
        "speaker_id": document["speaker"]["id"],
        "anonymity": document["speaker"]["anonymity"],
        "relayed_by_id": document["relayed_by"]["id"] if document["relayed_by"] else None,
        "told_to_id": document["told_to"]["id"] if document["told_to"] else None,
        "contained_in_id": document["contained_in"]["id"] if document["contained_in"] else None,
    }


def _child_rows(document: Data) -> ChildRows:
    owner = {"quote_id": document["id"]}
    for position, span in enumerate(document["spans"]):
        yield QuoteSpan, {**owner, "position": position, **span}
    for incident in document["incidents"]:
        yield QuoteIncident, {**owner, "incident_id": incident["id"]}
    for place in document["places"]:
        yield QuotePlace, {**owner, "place_id": place["id"]}
    yield from document_rows(QuoteDocumentLink, "quote_id", document)


QUOTES = RecordType(
    name="quotes",
    type="quote",
    code=6,
    table=Quote,
    children=(
        (QuoteSpan, "quote_id"),
        (QuoteIncident, "quote_id"),
        (QuotePlace, "quote_id"),
        (QuoteDocumentLink, "quote_id"),
    ),
    row=_row,
    child_rows=_child_rows,
    document=QuoteDocument,
    summary="What was said, verbatim.",
    description="What was said, verbatim, by whom, to whom, and how anonymously.",
    example="muhsen-terrified-at-night",
    docs_position=6,
    feed_text=_feed_text,
    title=itemgetter("text"),
    texts=_texts,
    terms=lambda document: [document["kind"]],
    references={
        "people": [ids_of_type("person", "speaker", "relayed_by", "told_to")],
        "organizations": [ids_of_type("organization", "speaker", "relayed_by", "told_to")],
        "incidents": [ids_of_each("incidents")],
        "places": [ids_of_each("places")],
        "quotes": [ids_of_each("contains"), id_of("contained_in")],
        "documents": [ids_of_each("documents")],
        "articles": [articles_of],
    },
    required={
        "people": [ids_of_type("person", "speaker", "relayed_by", "told_to")],
        "organizations": [ids_of_type("organization", "speaker", "relayed_by", "told_to")],
        "quotes": [id_of("contained_in")],
        "documents": [ids_of_each("documents")],
    },
    filters=QuoteFilters,
    sorts={"position": "sort_name", "date": "sort_date", "changed": "changed_in", "id": "id"},
    default_sort="position",
    day_sort="date",
    unstated={"date": ""},
    facets={
        "kind": by_column(col(Quote.kind)),
        "speaker": by_column(col(Quote.speaker_id), *PARTIES),
        "named": by_flag(_NAMED),
        "anonymity": by_column(col(Quote.anonymity), missing="named"),
        "organization": by_organization(Quote, col(Quote.speaker_id)),
        "incident": by_links(col(Quote.id), _incidents, "incidents", tally=_BY_INCIDENT),
        "place": by_links(col(Quote.id), _places, "places", tally=_BY_PLACE),
        **by_dates(col(Quote.earliest), col(Quote.latest), col(Quote.open_start), col(Quote.open_end)),
        "document": by_document(*_THROUGH),
        **by_article(Quote, "quote"),
    },
)
