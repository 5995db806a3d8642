"""Documents -> files and feeds. Nothing here knows of HTTP or of a database.

Stored documents come in and bytes go out.
"""

from collections.abc import Iterable, Sequence

Batches = Iterable[Sequence[str]]
"""Stored documents (JSON), some hundred at a time."""
