"""The database tables of quotes and statements. The other tables are in `models`."""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from app.storage.columns import RecordTable, VersionedTable, coded, flag, index_where_present, reference, slug, text


class Quote(RecordTable, table=True):
    """One utterance. `sort_name` is its position in the article.

    Its days are those of the incidents that it is about; `sort_date` is `earliest`, or empty without a date.
    """

    __tablename__ = "quotes"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "kind", "sort_name", "id"),
        Index(None, "anonymity", "sort_name", "id"),
        Index(None, "speaker_id", "sort_name", "id"),
        Index(None, "sort_date", "id"),
        Index(None, "kind", "sort_date", "id"),
        Index(None, "speaker_id", "sort_date", "id"),
        Index(None, "earliest", "latest", "open_start", "open_end"),
        index_where_present("reach", "reach", "sort_date", "id"),
    )
    id: str = slug()
    article_id: str = reference("articles.id")
    kind: str = coded()
    speaker_id: str = reference("parties.id", index=False)
    anonymity: str | None = coded(nullable=True)
    relayed_by_id: str | None = reference("parties.id", nullable=True)
    told_to_id: str | None = reference("parties.id", nullable=True)
    contained_in_id: str | None = reference("quotes.id", nullable=True)
    earliest: str | None = text(nullable=True)
    latest: str | None = text(nullable=True)
    open_start: bool = flag()
    open_end: bool = flag()
    reach: int | None
    sort_date: str = text(added=True)


class QuoteSpan(VersionedTable, table=True):
    """A stretch of a paragraph that holds words of a quote."""

    __tablename__ = "quote_spans"
    __table_args__ = (CheckConstraint('start >= 0 AND start < "end"', name="span"),)
    quote_id: str = reference("quotes.id", primary_key=True, index=False)
    position: int = Field(primary_key=True)
    paragraph: int
    start: int
    end: int
    exact: str


class QuoteIncident(VersionedTable, table=True):
    """An incident that a quote is about."""

    __tablename__ = "quote_incidents"
    quote_id: str = reference("quotes.id", primary_key=True, index=False)
    incident_id: str = reference("incidents.id", primary_key=True)


class QuotePlace(VersionedTable, table=True):
    """A place that a quote is about."""

    __tablename__ = "quote_places"
    quote_id: str = reference("quotes.id", primary_key=True, index=False)
    place_id: str = reference("places.id", primary_key=True)


class Statement(RecordTable, table=True):
    """Indirect speech or a position. `sort_name` is its position in the article."""

    __tablename__ = "statements"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "stance", "sort_name", "id"),
        Index(None, "topic", "sort_name", "id"),
        Index(None, "contested", "sort_name", "id"),
        Index(None, "earliest", "latest", "open_start", "open_end"),
        index_where_present("reach", "reach", "earliest"),
        CheckConstraint("(earliest IS NULL) = (latest IS NULL) AND earliest <= latest", name="bounds"),
    )
    id: str = slug()
    article_id: str = reference("articles.id")
    stance: str = coded()
    by_id: str | None = reference("parties.id", nullable=True)
    topic: str | None = coded(nullable=True)
    told_to_id: str | None = reference("parties.id", nullable=True)
    earliest: str | None = text(nullable=True)
    latest: str | None = text(nullable=True)
    open_start: bool = flag()
    open_end: bool = flag()
    reach: int | None
    contested: bool


class StatementAbout(VersionedTable, table=True):
    """What a statement is about: an incident, a place, or a person or organization."""

    __tablename__ = "statement_about"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN incident_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN place_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN party_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one",
        ),
    )
    statement_id: str = reference("statements.id", primary_key=True, index=False)
    position: int = Field(primary_key=True)
    incident_id: str | None = reference("incidents.id", nullable=True)
    place_id: str | None = reference("places.id", nullable=True)
    party_id: str | None = reference("parties.id", nullable=True)


class Contradiction(VersionedTable, table=True):
    """A statement that contradicts another statement or a quote."""

    __tablename__ = "contradictions"
    __table_args__ = (CheckConstraint("(other_id IS NULL) <> (quote_id IS NULL)", name="one"),)
    statement_id: str = reference("statements.id", primary_key=True, index=False)
    position: int = Field(primary_key=True)
    other_id: str | None = reference("statements.id", nullable=True)
    quote_id: str | None = reference("quotes.id", nullable=True)
