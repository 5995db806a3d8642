"""Public tables of the sources: releases, articles, evidence, quotes and statements."""

from app.exports.datasets.columns import Column, ForeignKey, Table, boolean, choice, column, integer, reference, text
from app.exports.datasets.shared_columns import DATE, ID, NOTE, OF_THE_RELEASE, link, owner, position
from app.model import codebook
from app.model.fields import meaning
from app.storage.registry import TYPES

_OF_CHANGE = (
    choice("type", tuple(TYPES.values()), description="What sort of record it is."),
    text("id", description="The record's id."),
)

RELEASES = (
    Table(
        "releases",
        "The only thing that changes data; the newest is the one that this file shows.",
        (("releases", ""),),
        ("number",),
        (
            integer("number", description="Counts from 1."),
            column("loaded_at", "datetime", description="When it was loaded (UTC)."),
            text("note", nullable=True, description="A line about it, for its readers."),
            text(
                "digest",
                description="SHA-256 of the sorted lines `type/id digest` of all its records, joined by newlines.",
            ),
        ),
    ),
    Table(
        "changes",
        "The log: what each release did to each record. Removed records stand here only.",
        (("changes", ""),),
        ("release", "type", "id"),
        (
            Column("release", "integer", "release", description="The release.", references="releases.number"),
            *_OF_CHANGE,
            choice("op", codebook.ChangeOp, description="What was done."),
            integer("version", description="The record's version from then on."),
            text("reason", nullable=True, description="Why it was removed."),
            text("superseded_by", nullable=True, description="The record that took it over."),
        ),
    ),
    Table(
        "records",
        "Every record of every table that has documents in the API.",
        tuple((resource, "") for resource in TYPES),
        ("type", "id"),
        (
            *_OF_CHANGE,
            text("digest", description="SHA-256 of its document in canonical JSON, without version and changed_in."),
        ),
    ),
    Table(
        "codebook",
        "What the values mean.",
        (("codebook", ""),),
        ("vocabulary", "value"),
        (
            text("vocabulary", description="The vocabulary's name in the API's codebook."),
            text("value", description="A value of it."),
            text("meaning", description="What the value means."),
        ),
    ),
)

SOURCES = (
    Table(
        "articles",
        "What everything rests on. Their text stays with their publishers.",
        (("articles", ""),),
        ("id",),
        (
            ID,
            text("title"),
            text("authors", description=f"{meaning('articles', 'authors')} Joined by `|`."),
            text("publishers", description=f"{meaning('articles', 'publishers')} Joined by `|`."),
            column("published", "date"),
            text("language"),
            column("link", "uri"),
            text("rights"),
            NOTE,
            *OF_THE_RELEASE,
        ),
    ),
    Table(
        "paragraphs",
        "The paragraphs of the articles, by length and digest.",
        (("articles", "paragraphs"),),
        ("article_id", "number"),
        (
            owner("article_id", "articles"),
            integer("number"),
            choice("kind", codebook.ParagraphKind),
            integer("length"),
            text("sha256"),
        ),
    ),
    Table(
        "evidence",
        "The passages that records rest on. Positions count Unicode code points within the paragraph.",
        tuple((resource, "evidence") for resource in TYPES),
        ("record_type", "record_id", "position"),
        (
            choice("record_type", tuple(TYPES.values()), "/type", description="What sort of record rests on it."),
            text("record_id", "/id", description="The record's id."),
            position(),
            choice("field", codebook.EvidenceField),
            reference("article_id", "articles.id", "article"),
            integer("paragraph"),
            integer("start"),
            integer("end"),
            text("sha256"),
            column("url", "uri"),
        ),
        (
            ForeignKey(("record_type", "record_id"), "records", ("type", "id")),
            ForeignKey(("article_id", "paragraph"), "paragraphs", ("article_id", "number")),
        ),
    ),
)

SPEECH = (
    Table(
        "quotes",
        "What was said, verbatim: one row for each utterance.",
        (("quotes", ""),),
        ("id",),
        (
            ID,
            reference("article_id", "articles.id", "article"),
            text("text"),
            choice("kind", codebook.QuoteKind),
            reference("speaker_id", "parties.id", "speaker.id"),
            reference("relayed_by_id", "parties.id", "relayed_by.id", nullable=True),
            reference("told_to_id", "parties.id", "told_to.id", nullable=True),
            reference("contained_in_id", "quotes.id", "contained_in", nullable=True),
            NOTE,
            *OF_THE_RELEASE,
        ),
    ),
    Table(
        "quote_spans",
        "The passages that a quote is put together from.",
        (("quotes", "spans"),),
        ("quote_id", "position"),
        (
            owner("quote_id", "quotes"),
            position(),
            integer("paragraph"),
            integer("start"),
            integer("end"),
            text("exact"),
        ),
    ),
    Table(
        "pull_quotes",
        "Where the article displays a quote a second time.",
        (("quotes", "pull_quotes"),),
        ("quote_id", "position"),
        (
            owner("quote_id", "quotes"),
            position(),
            integer("paragraph"),
        ),
    ),
    link(
        "quote_incidents",
        ("quote_id", "quotes"),
        ("incident_id", "incidents"),
        "incidents",
        "The incidents that a quote is about.",
    ),
    link("quote_places", ("quote_id", "quotes"), ("place_id", "places"), "places", "The places that a quote is about."),
    Table(
        "statements",
        "Indirect speech and positions: what was said, claimed, denied or left unanswered.",
        (("statements", ""),),
        ("id",),
        (
            ID,
            reference("article_id", "articles.id", "article"),
            choice("stance", codebook.Stance),
            reference("by_id", "parties.id", "by.id", nullable=True),
            text("gist"),
            choice("topic", codebook.Topic, nullable=True),
            *DATE,
            reference("told_to_id", "parties.id", "told_to.id", nullable=True),
            boolean("contested"),
            NOTE,
            *OF_THE_RELEASE,
        ),
    ),
    Table(
        "statement_about",
        "What a statement is about: one of an incident, a place, or a person or organization.",
        (("statements", "about"),),
        ("statement_id", "position"),
        (
            owner("statement_id", "statements"),
            position(),
            reference(
                "incident_id", "incidents.id", "id", nullable=True, only=("incident",), description="The incident."
            ),
            reference("place_id", "places.id", "id", nullable=True, only=("place",), description="The place."),
            reference(
                "party_id",
                "parties.id",
                "id",
                nullable=True,
                only=("person", "organization"),
                description="The person or organization.",
            ),
        ),
    ),
    Table(
        "contradictions",
        "What a statement stands against: one of another statement or a quote.",
        (("statements", "contradicts"),),
        ("statement_id", "position"),
        (
            owner("statement_id", "statements"),
            position(),
            reference(
                "other_id",
                "statements.id",
                "id",
                nullable=True,
                only=("statement",),
                description="The other statement.",
            ),
            reference("quote_id", "quotes.id", "id", nullable=True, only=("quote",), description="The quote."),
        ),
    ),
)
