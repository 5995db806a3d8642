"""The database tables of documents as sources, and of what came through them. The other tables are in `models`."""

from sqlalchemy import Index

from app.storage.columns import RecordTable, VersionedTable, coded, reference, slug


class SourceDocument(RecordTable, table=True):
    """A document that the reporting draws on. What is served of every record is in another table, `documents`."""

    __tablename__ = "source_documents"
    __table_args__ = (
        Index(None, "sort_name", "id"),
        Index(None, "changed_in", "id"),
        Index(None, "kind", "sort_name", "id"),
    )
    id: str = slug()
    kind: str = coded()
    author_id: str | None = reference("parties.id", nullable=True)


class CasualtyDocumentLink(VersionedTable, table=True):
    """A document that a claim came through."""

    __tablename__ = "casualty_documents"
    casualty_id: str = reference("casualties.id", primary_key=True, index=False)
    document_id: str = reference("source_documents.id", primary_key=True)


class QuoteDocumentLink(VersionedTable, table=True):
    """A document that the words of a quote stand in."""

    __tablename__ = "quote_documents"
    quote_id: str = reference("quotes.id", primary_key=True, index=False)
    document_id: str = reference("source_documents.id", primary_key=True)


class StatementDocumentLink(VersionedTable, table=True):
    """A document that a statement came through."""

    __tablename__ = "statement_documents"
    statement_id: str = reference("statements.id", primary_key=True, index=False)
    document_id: str = reference("source_documents.id", primary_key=True)
