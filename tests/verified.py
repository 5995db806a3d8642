"""Verifies a dossier against an article's text, as `verify` and `load` do."""

from pathlib import Path

from app.ingest.building.pipeline import scan
from app.ingest.release.verifying import ArticleFile, Verification, verify


def verified(directory: Path, text: Path, article: str | None = None) -> Verification:
    """What holds of the seed files in a directory, and what does not."""
    with scan(directory) as opened:
        return verify(opened, [ArticleFile(text, article)])
