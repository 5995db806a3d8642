"""Quotes: what was said, verbatim."""

from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select
from sqlmodel import col

from app.model.codebook import Anonymity, QuoteKind
from app.model.digests import Data
from app.model.documents import QuoteDocument
from app.model.references import articles_of, id_in, ids_in, ids_of_type
from app.queries.conditions import Condition, exists_link
from app.queries.facets import by_article, by_column, by_flag, by_links
from app.queries.filters import Listing, Where, one_of, whether
from app.queries.record_type import ChildRows, FeedText, RecordType, Row
from app.queries.values import Flag, IncidentIds, OrganizationIds, PartyIds, PlaceIds
from app.records.hierarchies import PARTIES, in_places, incidents_within, of_operations, places_within
from app.records.row_columns import reading_position
from app.records.speakers import by_organization, spoken_by_organization
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, QuoteSpan

_NAMED = col(Quote.anonymity).is_(None)
_BY_ORGANIZATION = spoken_by_organization(col(Quote.id), col(Quote.speaker_id))


def _about_incidents(ids: Any, filters: Any) -> Condition:
    about = col(QuoteIncident.incident_id).in_(incidents_within(ids))
    return exists_link(col(Quote.id), col(QuoteIncident.quote_id), about)


def _about_places(ids: Any, filters: Any) -> Condition:
    return exists_link(col(Quote.id), col(QuotePlace.quote_id), col(QuotePlace.place_id).in_(places_within(ids)))


class QuoteFilters(Listing):
    """What lists of quotes take."""

    speaker: Annotated[PartyIds, one_of(col(Quote.speaker_id), in_list_order=True)] = Field(
        [], description="Whose words they are.", examples=[["hassan-al-soofy"]]
    )
    kind: Annotated[list[QuoteKind], one_of(col(Quote.kind), in_list_order=True)] = Field(
        [], description="How the words are quoted."
    )
    anonymity: Annotated[list[Anonymity], one_of(col(Quote.anonymity))] = Field(
        [], description="How the speaker appears, where unnamed."
    )
    named: Annotated[Flag | None, whether(_NAMED)] = Field(None, description="Whether the speaker is named.")
    organization: Annotated[OrganizationIds, _BY_ORGANIZATION] = Field(
        [], description="The speaker belongs to this organization or a part of it."
    )
    incident: Annotated[IncidentIds, Where(_about_incidents)] = Field(
        [], description="About this incident or a part of it."
    )
    place: Annotated[PlaceIds, Where(_about_places)] = Field([], description="About this place or anywhere inside it.")
    sort: Literal["position", "-position", "changed", "-changed", "id", "-id"] | None = Field(
        None,
        description=(
            "One key, `-` for descending, ties by id. `position` is the order in the article. Default: `position`."
        ),
    )


def _incidents(filters: Any) -> list[Select[Any]]:
    return of_operations(QuoteIncident, col(QuoteIncident.quote_id), col(QuoteIncident.incident_id))


def _places(filters: Any) -> Select[Any]:
    return in_places(col(QuotePlace.quote_id), col(QuotePlace.place_id))


def _feed_text(document: Data) -> FeedText:
    text, voice, relay = document["text"], document["speaker"]["label"], document["relayed_by"]
    if relay is not None:
        voice = f"{voice}, as told by {relay['label']}"
    return FeedText(f"{voice}: “{text}”", f"“{text}”")


def _row(document: Data) -> Row:
    first = document["spans"][0]
    return {
        "sort_name": reading_position(document["article"], first["paragraph"], first["start"]),
        "article_id": document["article"],
        "kind": document["kind"],
        "speaker_id": document["speaker"]["id"],
        "anonymity": document["speaker"]["anonymity"],
        "relayed_by_id": document["relayed_by"]["id"] if document["relayed_by"] else None,
        "told_to_id": document["told_to"]["id"] if document["told_to"] else None,
        "contained_in_id": document["contained_in"],
    }


def _child_rows(document: Data) -> ChildRows:
    owner = {"quote_id": document["id"]}
    for position, span in enumerate(document["spans"]):
        yield QuoteSpan, {**owner, "position": position, **span}
    for incident in document["incidents"]:
        yield QuoteIncident, {**owner, "incident_id": incident}
    for place in document["places"]:
        yield QuotePlace, {**owner, "place_id": place}


QUOTES = RecordType(
    name="quotes",
    type="quote",
    code=6,
    table=Quote,
    children=((QuoteSpan, "quote_id"), (QuoteIncident, "quote_id"), (QuotePlace, "quote_id")),
    row=_row,
    child_rows=_child_rows,
    document=QuoteDocument,
    summary="What was said, verbatim.",
    description="What was said, verbatim, by whom, to whom, and how anonymously.",
    example="muhsen-terrified-at-night",
    docs_position=6,
    feed_text=_feed_text,
    title=itemgetter("text"),
    texts=lambda document: [document["text"], document["speaker"]["label"], document["note"]],
    terms=lambda document: [document["kind"]],
    references={
        "people": [ids_of_type("person", "speaker", "relayed_by", "told_to")],
        "organizations": [ids_of_type("organization", "speaker", "relayed_by", "told_to")],
        "incidents": [ids_in("incidents")],
        "places": [ids_in("places")],
        "quotes": [ids_in("contains"), id_in("contained_in")],
        "articles": [articles_of],
    },
    required={
        "people": [ids_of_type("person", "speaker", "relayed_by", "told_to")],
        "organizations": [ids_of_type("organization", "speaker", "relayed_by", "told_to")],
        "quotes": [id_in("contained_in")],
    },
    filters=QuoteFilters,
    sorts={"position": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="position",
    facets={
        "kind": by_column(col(Quote.kind)),
        "speaker": by_column(col(Quote.speaker_id), *PARTIES),
        "named": by_flag(_NAMED),
        "anonymity": by_column(col(Quote.anonymity), missing="named"),
        "organization": by_organization(Quote, col(Quote.speaker_id)),
        "incident": by_links(col(Quote.id), _incidents, "incidents"),
        "place": by_links(col(Quote.id), _places, "places"),
        **by_article(Quote, "quote"),
    },
)
