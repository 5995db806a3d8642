"""Which quotes and statements match."""

from typing import Any

from sqlalchemy import CompoundSelect, or_, select, union
from sqlmodel import col

from app.queries.conditions import (
    Condition,
    dated,
    flag,
    incidents_within,
    indexed,
    linked,
    one_of,
    parties_within,
    places_inside,
    shared,
)
from app.queries.filters import QuoteFilters, StatementFilters
from app.storage.models import Affiliation
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, Statement, StatementAbout


def quotes(filters: QuoteFilters) -> list[Condition]:
    """The conditions of a list of quotes."""
    found = [
        *shared(Quote, "quote", filters),
        *one_of(col(Quote.speaker_id), filters.speaker),
        *one_of(col(Quote.kind), filters.kind),
        *one_of(col(Quote.anonymity), filters.anonymity),
        *flag(col(Quote.anonymity).is_(None), filters.named),
    ]
    if filters.organization:
        speaks = col(Quote.speaker_id).in_(_voices(filters.organization))
        found.append(Condition(speaks, lead=indexed(col(Quote.id), speaks)))
    if filters.incident:
        about = col(QuoteIncident.incident_id).in_(incidents_within(filters.incident))
        found.append(linked(col(Quote.id), col(QuoteIncident.quote_id), about))
    if filters.place:
        at = col(QuotePlace.place_id).in_(places_inside(filters.place))
        found.append(linked(col(Quote.id), col(QuotePlace.quote_id), at))
    return found


def statements(filters: StatementFilters) -> list[Condition]:
    """The conditions of a list of statements."""
    found = [
        *shared(Statement, "statement", filters),
        *one_of(col(Statement.stance), filters.stance),
        *one_of(col(Statement.topic), filters.topic),
        *one_of(col(Statement.by_id), filters.by),
        *flag(col(Statement.by_id).is_not(None), filters.attributed),
        *flag(col(Statement.contested).is_(True), filters.contested),
        *dated(Statement, filters.datetime, filters.date_match, col(Statement.earliest)),
    ]
    if filters.organization:
        speaks = col(Statement.by_id).in_(_voices(filters.organization))
        found.append(Condition(speaks, lead=indexed(col(Statement.id), speaks)))
    if filters.about:
        link = StatementAbout
        subjects = (col(link.incident_id), col(link.place_id), col(link.party_id))
        about = or_(*(subject.in_(filters.about) for subject in subjects))
        found.append(linked(col(Statement.id), col(link.statement_id), about))
    if filters.place:
        at = col(StatementAbout.place_id).in_(places_inside(filters.place))
        found.append(linked(col(Statement.id), col(StatementAbout.statement_id), at))
    return found


def _voices(organizations: list[str]) -> CompoundSelect[Any]:
    """Organizations, their parts, and whoever belongs to one of them."""
    within = parties_within(organizations)
    members = select(col(Affiliation.person_id)).where(col(Affiliation.organization_id).in_(within))
    return union(within, members)
