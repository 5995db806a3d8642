"""Writers of the file and feed formats: stored documents in, bytes out. They do not know HTTP or the database."""

from collections.abc import Iterable, Sequence

Batches = Iterable[Sequence[str]]
"""Stored documents (JSON text), in batches of a few hundred."""
