"""What is known of a release wherever something is read from it."""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any


@dataclass(frozen=True)
class ReleaseInfo:
    """The release that a snapshot shows. `number` is 0 while nothing has been loaded."""

    number: int
    digest: str
    loaded_at: str
    counts: dict[str, int]
    languages: tuple[str, ...] = ()
    codebook: str | None = None
    """The digest of its codebook."""

    redacted_in: int = 0
    """The last release that took something out of it; 0 for none."""

    origin: str | None = None
    """The URL of the service that it was copied from."""

    @property
    def meta(self) -> dict[str, Any]:
        """What every answer says of the release that it belongs to."""
        copied = {} if self.copy_of is None else {"origin": self.copy_of}
        return {"release": self.number, **copied}

    @property
    def copy_of(self) -> str | None:
        """The URL of the release that it is a copy of, at the service that it was copied from."""
        return None if self.origin is None else f"{self.origin}/v1/releases/{self.number}"

    @cached_property
    def fingerprint(self) -> str:
        """A text that distinguishes the release from every other one, also from those of other databases, and from what
        it was before something was taken out of it."""
        return f"{self.number} {self.digest} {self.loaded_at} {self.redacted_in}"


NO_RELEASE = ReleaseInfo(0, "", "1970-01-01T00:00:00Z", {})


NEWEST = (
    "SELECT number, digest, loaded_at, counts, languages, codebook, redacted_in, origin FROM releases "
    "ORDER BY number DESC LIMIT 1"
)


@lru_cache(maxsize=16)
def release_info(number: int, digest: str, loaded_at: str, counts: str, languages: str, *others: Any) -> ReleaseInfo:
    """Returns what a row of `NEWEST` says."""
    return ReleaseInfo(number, digest, loaded_at, json.loads(counts), tuple(json.loads(languages)), *others)
