"""The public tables of what the data rests on: releases, articles, evidence, quotes and statements."""

from app import codebook
from app.datasets.columns import Column, ForeignKey, Table, choice, column, flag, reference, text, whole
from app.datasets.parts import DATE, ID, NOTE, OF_THE_RELEASE, link, owner, position
from app.registry import TYPES

_OF_CHANGE = (choice("type", tuple(TYPES.values()), "What sort of record it is."), text("id", "The record's id."))

RELEASES = (
    Table(
        "releases",
        "The only thing that changes data; the newest is the one that this file shows.",
        (("releases", ""),),
        ("number",),
        (
            whole("number", "Counts from 1."),
            column("loaded_at", "datetime", "When it was loaded (UTC)."),
            text("note", "A line about it, for its readers.", nullable=True),
            text("digest", "SHA-256 of the sorted lines `type/id digest` of all its records, joined by newlines."),
        ),
    ),
    Table(
        "changes",
        "The log: what each release did to each record. Removed records stand here only.",
        (("changes", ""),),
        ("release", "type", "id"),
        (
            Column("release", "integer", "The release.", "release", references="releases.number"),
            *_OF_CHANGE,
            choice("op", codebook.ChangeOp, "What was done."),
            whole("version", "The record's version from then on."),
            text("reason", "Why it was removed.", nullable=True),
            text("superseded_by", "The record that took it over.", nullable=True),
        ),
    ),
    Table(
        "records",
        "Every record of every table that has documents in the API.",
        tuple((resource, "") for resource in TYPES),
        ("type", "id"),
        (*_OF_CHANGE, text("digest", "SHA-256 of its document in canonical JSON, without version and changed_in.")),
    ),
    Table(
        "codebook",
        "What the values mean.",
        (("codebook", ""),),
        ("vocabulary", "value"),
        (
            text("vocabulary", "The vocabulary's name in the API's codebook."),
            text("value", "A value of it."),
            text("meaning", "What the value means."),
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
            text("title", "As published."),
            text("authors", "Separated by `|`."),
            text("publishers", "Separated by `|`."),
            column("published", "date", "The day of publication."),
            text("language", "Language tag (BCP 47)."),
            column("link", "uri", "The published page."),
            text("rights", "Whose the text and the quoted words are."),
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
            whole("number", "1 is the first paragraph."),
            choice("kind", codebook.ParagraphKind, "What sort of paragraph it is."),
            whole("length", "In Unicode code points."),
            text("sha256", "SHA-256 of its UTF-8 text."),
        ),
    ),
    Table(
        "evidence",
        "The passages that records rest on. Positions count Unicode code points within the paragraph.",
        tuple((resource, "evidence") for resource in TYPES),
        ("record_type", "record_id", "position"),
        (
            choice("record_type", tuple(TYPES.values()), "What sort of record rests on it.", "/type"),
            text("record_id", "The record's id.", "/id"),
            position(),
            choice("field", codebook.EvidenceField, "What it is evidence for."),
            reference("article_id", "articles.id", "The article that it stands in.", "article"),
            whole("paragraph", "The paragraph's number."),
            whole("start", "Position of the first character."),
            whole("end", "Position after the last character."),
            text("sha256", "SHA-256 of the passage's UTF-8 text."),
            column("url", "uri", "Opens the published page at the passage."),
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
            reference("article_id", "articles.id", "The article that it stands in.", "article"),
            text("text", "The words, put together from their spans."),
            choice("kind", codebook.QuoteKind, "How it stands in the article."),
            reference("speaker_id", "parties.id", "Who said it.", "speaker.id"),
            reference("relayed_by_id", "parties.id", "Who repeated the words.", "relayed_by.id", nullable=True),
            reference("told_to_id", "parties.id", "Whom it was said to.", "told_to.id", nullable=True),
            reference("contained_in_id", "quotes.id", "The quote that it is inside.", "contained_in", nullable=True),
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
            whole("paragraph", "The paragraph's number in the quote's article."),
            whole("start", "Position of the first character."),
            whole("end", "Position after the last character."),
            text("exact", "The words as printed, quotation marks included."),
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
            whole("paragraph", "The paragraph's number in the quote's article."),
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
            reference("article_id", "articles.id", "The article that it stands in.", "article"),
            choice("stance", codebook.Stance, "What they do with it."),
            reference("by_id", "parties.id", "Whose it is; null is the article's own voice.", "by.id", nullable=True),
            text("gist", "What it says, in our own words."),
            choice("topic", codebook.Topic, "What it is about in general.", nullable=True),
            *DATE,
            reference("told_to_id", "parties.id", "Whom it was said to.", "told_to.id", nullable=True),
            flag("contested", "Whether it stands against another or another against it."),
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
            reference("incident_id", "incidents.id", "The incident.", "id", nullable=True, only=("incident",)),
            reference("place_id", "places.id", "The place.", "id", nullable=True, only=("place",)),
            reference(
                "party_id",
                "parties.id",
                "The person or organization.",
                "id",
                nullable=True,
                only=("person", "organization"),
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
            reference("other_id", "statements.id", "The other statement.", "id", nullable=True, only=("statement",)),
            reference("quote_id", "quotes.id", "The quote.", "id", nullable=True, only=("quote",)),
        ),
    ),
)
