"""A dossier compared with an article's text, as `verify` and `load` do it."""

from pathlib import Path

from app.ingest.examining import survey
from app.ingest.verifying import ArticleFile, Verification, verify


def verified(directory: Path, text: Path, article: str | None = None) -> Verification:
    """What holds of the seed files in a directory, and what does not."""
    with survey(directory) as found:
        return verify(found, [ArticleFile(text, article)])
