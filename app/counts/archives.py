"""Opens the arrays of the release that a snapshot shows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from app.counts.columns import CountedType
from app.storage.snapshot import Snapshot

if TYPE_CHECKING:
    from app.counts.arrays import Archive
    from app.counts.files import ArrayFiles

MIN_RECORDS = 1_000
"""Records of all types together from which on they are counted in arrays. Fewer are counted by SQL as fast."""


class Archives:
    """The arrays of the newest release that was asked for. `directory` returns where their files are."""

    def __init__(self, directory: Callable[[], Path], types: Mapping[str, CountedType]) -> None:
        self._directory = directory
        self._types = types
        self._files: tuple[str, ArrayFiles] | None = None

    def of(self, snapshot: Snapshot) -> "Archive | None":
        """Returns the arrays of a snapshot's release; None for one with few records."""
        release = snapshot.release
        if sum(release.counts.values()) < MIN_RECORDS:
            return None
        # Not before something is counted: importing NumPy takes longer than most answers.
        from app.counts.arrays import Archive, group_keys
        from app.counts.files import ArrayFiles

        files = self._files
        if files is None or files[0] != release.fingerprint:
            keys = group_keys(snapshot, self._types)
            earlier = None if files is None else files[1]
            self._files = files = release.fingerprint, ArrayFiles(self._directory(), keys, earlier)
        return Archive(snapshot, files[1], self._types)

    def close(self) -> None:
        """Drops the mapped files, each of which holds a descriptor: hundreds in all. A later use maps them again."""
        self._files = None
