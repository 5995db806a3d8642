"""Filter conditions of quotes and statements."""

from typing import Any

from sqlalchemy import CompoundSelect, or_, select, union
from sqlmodel import col

from app.queries.conditions import (
    Condition,
    column_lookup,
    common_conditions,
    dated,
    exists_link,
    in_values,
    incidents_within,
    is_true,
    parties_within,
    places_within,
)
from app.queries.filters import QuoteFilters, StatementFilters
from app.storage.models import Affiliation
from app.storage.speech_models import Quote, QuoteIncident, QuotePlace, Statement, StatementAbout


def quotes(filters: QuoteFilters) -> list[Condition]:
    """The conditions of a list of quotes."""
    found = [
        *common_conditions(Quote, "quote", filters),
        *in_values(col(Quote.speaker_id), filters.speaker),
        *in_values(col(Quote.kind), filters.kind),
        *in_values(col(Quote.anonymity), filters.anonymity),
        *is_true(col(Quote.anonymity).is_(None), filters.named),
    ]
    if filters.organization:
        speaks = col(Quote.speaker_id).in_(_voices(filters.organization))
        found.append(Condition(speaks, lookup=column_lookup(col(Quote.id), speaks)))
    if filters.incident:
        about = col(QuoteIncident.incident_id).in_(incidents_within(filters.incident))
        found.append(exists_link(col(Quote.id), col(QuoteIncident.quote_id), about))
    if filters.place:
        at = col(QuotePlace.place_id).in_(places_within(filters.place))
        found.append(exists_link(col(Quote.id), col(QuotePlace.quote_id), at))
    return found


def statements(filters: StatementFilters) -> list[Condition]:
    """The conditions of a list of statements."""
    found = [
        *common_conditions(Statement, "statement", filters),
        *in_values(col(Statement.stance), filters.stance),
        *in_values(col(Statement.topic), filters.topic),
        *in_values(col(Statement.by_id), filters.by),
        *is_true(col(Statement.by_id).is_not(None), filters.attributed),
        *is_true(col(Statement.contested).is_(True), filters.contested),
        *dated(Statement, filters.datetime, filters.date_match, col(Statement.earliest)),
    ]
    if filters.organization:
        speaks = col(Statement.by_id).in_(_voices(filters.organization))
        found.append(Condition(speaks, lookup=column_lookup(col(Statement.id), speaks)))
    if filters.about:
        link = StatementAbout
        subjects = (col(link.incident_id), col(link.place_id), col(link.party_id))
        about = or_(*(subject.in_(filters.about) for subject in subjects))
        found.append(exists_link(col(Statement.id), col(link.statement_id), about))
    if filters.place:
        at = col(StatementAbout.place_id).in_(places_within(filters.place))
        found.append(exists_link(col(Statement.id), col(StatementAbout.statement_id), at))
    return found


def _voices(organizations: list[str]) -> CompoundSelect[Any]:
    """Organizations, their parts, and whoever belongs to one of them."""
    within = parties_within(organizations)
    members = select(col(Affiliation.person_id)).where(col(Affiliation.organization_id).in_(within))
    return union(within, members)
