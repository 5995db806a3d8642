"""Which quotes and statements match."""

from sqlalchemy import or_, select
from sqlmodel import col

from app.filters import QuoteFilters, StatementFilters
from app.models import Affiliation, Quote, QuoteIncident, QuotePlace, Statement, StatementAbout
from app.queries.conditions import Condition, dated, flag, one_of, parties_within, places_inside, shared


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
        within = parties_within(filters.organization)
        members = select(col(Affiliation.person_id)).where(col(Affiliation.organization_id).in_(within))
        speaker = col(Quote.speaker_id)
        found.append(Condition(or_(speaker.in_(within), speaker.in_(members))))
    if filters.incident:
        about = select(col(QuoteIncident.quote_id)).where(
            col(QuoteIncident.quote_id) == col(Quote.id), col(QuoteIncident.incident_id).in_(filters.incident)
        )
        found.append(Condition(about.exists()))
    if filters.place:
        at = select(col(QuotePlace.quote_id)).where(
            col(QuotePlace.quote_id) == col(Quote.id), col(QuotePlace.place_id).in_(places_inside(filters.place))
        )
        found.append(Condition(at.exists()))
    return found


def statements(filters: StatementFilters) -> list[Condition]:
    """The conditions of a list of statements."""
    found = [
        *shared(Statement, "statement", filters),
        *one_of(col(Statement.stance), filters.stance),
        *one_of(col(Statement.topic), filters.topic),
        *one_of(col(Statement.by_id), filters.by),
        *flag(col(Statement.contested).is_(True), filters.contested),
        *dated(col(Statement.earliest), col(Statement.latest), filters.datetime, filters.date_match),
    ]
    if filters.about:
        link = StatementAbout
        subjects = (col(link.incident_id), col(link.place_id), col(link.party_id))
        about = select(col(link.statement_id)).where(
            col(link.statement_id) == col(Statement.id), or_(*(subject.in_(filters.about) for subject in subjects))
        )
        found.append(Condition(about.exists()))
    return found
