"""The codebooks of releases, kept in memory by their digests: few releases change one."""

import json
from collections.abc import Callable

from sqlalchemy import select
from sqlmodel import col

from app.model.codebook import Codebook, shipped
from app.storage.codebook_models import StoredCodebook

DOCUMENT_OF_CODEBOOK = select(col(StoredCodebook.document))

_MAX_KEPT = 8
_kept: dict[tuple[str, int], Codebook] = {}


def known_codebook(digest: str | None, redacted_in: int, read: Callable[[], str]) -> Codebook:
    """Returns the codebook with a digest, as it is since the last release that redacted it, from the document that
    `read` returns if it is not known. Releases that were loaded before there were codebooks have none, and so that of
    the package."""
    if digest is None:
        return shipped()
    key = digest, redacted_in
    if key not in _kept:
        codebook = Codebook.of_document(json.loads(read()))
        while len(_kept) >= _MAX_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = codebook
    return _kept[key]
