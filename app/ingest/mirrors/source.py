"""The service that a mirror copies, asked over its public API."""

import io
import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.model.codebook import Codebook
from app.model.digests import Data

T = TypeVar("T")

_PAGE = 500
_SECONDS = 60
_MAX_LINE_BYTES = 2**24
_BUFFER_BYTES = 2**20
_TRIES = 4
"""How often a service is asked that has too much to do (503)."""


class MirrorError(Exception):
    """Another service cannot be copied; the message says why in one plain sentence."""


class CopiedEarlierDigest(BaseModel):
    """A digest that a release had before an id was replaced in it."""

    model_config = ConfigDict(strict=True, frozen=True)

    digest: str
    redacted_in: int = Field(ge=1)
    reason: str


class CopiedRelease(BaseModel):
    """A release as a service tells of it."""

    model_config = ConfigDict(strict=True, frozen=True)

    number: int = Field(ge=1)
    loaded_at: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    note: str | None
    digest: str
    counts: dict[str, int]
    verified: dict[str, Any] | None
    kept: bool
    origin: str | None
    earlier_digests: list[CopiedEarlierDigest] = []


class RecordKey(BaseModel):
    """Which record an entry names."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: str
    id: str


class CopiedCorrection(BaseModel):
    """What was wrong, and when it was corrected."""

    model_config = ConfigDict(strict=True, frozen=True)

    date: str
    text: str


class RedactedBy(BaseModel):
    """What took something out of a record, and why."""

    model_config = ConfigDict(strict=True, frozen=True)

    release: int = Field(ge=1)
    reason: str


class RedactedDigest(RecordKey):
    """The digest that a document had before something was taken out of it."""

    digest: str
    redacted: RedactedBy


class Entry(BaseModel):
    """An entry of its log: what a release did to a record."""

    model_config = ConfigDict(strict=True, frozen=True)

    release: int = Field(ge=1)
    type: str
    id: str
    op: str
    version: int = Field(ge=1)
    reason: str | None
    superseded_by: str | None
    cause: str | None
    because: list[RecordKey]
    correction: CopiedCorrection | None
    redacted: list[str] | None


_DIGESTS = TypeAdapter(list[RedactedDigest])
_RELEASES = TypeAdapter(list[CopiedRelease])
_ENTRIES = TypeAdapter(list[Entry])


class Source:
    """A service, given by its address."""

    def __init__(self, address: str) -> None:
        self.url = address.rstrip("/")
        try:
            parts = urlsplit(self.url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and self.url.isascii()
        except ValueError:
            is_address = False
        if not is_address or parts.query or parts.fragment or parts.username is not None or " " in self.url:
            raise MirrorError(
                f"'{address}' is not the address of a service; write https://HOST, without a user or '?'."
            )

    def newest(self) -> CopiedRelease:
        """Returns its newest release."""
        found = next(self._pages("/v1/releases?limit=1", _RELEASES))
        if not found:
            raise MirrorError(f"{self.url} has no release yet, so there is nothing to copy.")
        return found[0]

    def release(self, number: int) -> CopiedRelease | None:
        """Returns one release; None if there is none."""
        found = self._json(f"/v1/releases/{number}", missing=True)
        return None if found is None else self._checked(lambda: CopiedRelease.model_validate(found["data"]))

    def releases(self, after: int) -> list[CopiedRelease]:
        """Returns the releases after one, the oldest first."""
        found: list[CopiedRelease] = []
        for some in self._pages(f"/v1/releases?limit={_PAGE}", _RELEASES):
            found += some
            if not found or found[-1].number <= after:
                break
        return [one for one in reversed(found) if one.number > after]

    def log(self, since: int) -> Iterator[list[Entry]]:
        """Yields the entries of its log after a release, page by page."""
        return self._pages(f"/v1/changes?since={since}&history=true&limit={_PAGE}", _ENTRIES)

    def codebook(self, release: int) -> Codebook:
        """Returns the codebook of a release."""
        found = self._json(f"/v1/codebook?release={release}")
        return self._checked(lambda: Codebook.of_document(found["data"]))

    def document(self, resource: str, id_: str, release: int) -> Data | None:
        """Returns the document of a record in a release; None if it was not there."""
        found = self._json(f"/v1/{resource}/{quote(id_, safe='')}?release={release}", missing=True)
        data: Data | None = None if found is None else self._checked(lambda: found["data"])
        return data if data is not None and data.get("id") == id_ else None

    def redacted(self, release: int) -> list[RedactedDigest]:
        """Returns the digests of the documents of a release out of which a later one took something."""
        pages = self._pages(f"/v1/releases/{release}/digests?redacted=true&limit={_PAGE}", _DIGESTS)
        return [one for some in pages for one in some]

    def download(self, resource: str, release: int, since: int, file: Path) -> Iterator[int]:
        """Writes the documents of a list that releases after `since` changed, as they were at a release, one a line;
        yields the bytes of each."""
        path = f"/v1/{resource}.ndjson?release={release}&changed_since={since}"
        with self._open(path) as answer, file.open("wb") as out:
            try:
                while line := answer.readline(_MAX_LINE_BYTES):
                    if not line.endswith(b"\n"):
                        raise MirrorError(f"{self.url}{path} broke off within a record. Nothing was changed.")
                    out.write(line)
                    yield len(line)
            except (HTTPException, OSError) as error:
                raise MirrorError(f"{self.url}{path} broke off ({_reason(error)}). Nothing was changed.") from error

    def _pages(self, path: str, model: TypeAdapter[T]) -> Iterator[T]:
        cursor: str | None = None
        while True:
            entries, cursor = self._page(path if cursor is None else f"{path}&cursor={quote(cursor, safe='')}", model)
            yield entries
            if cursor is None:
                return

    def _page(self, path: str, model: TypeAdapter[T]) -> tuple[T, str | None]:
        """Returns the entries of a page, and the cursor of the next one."""
        page = self._json(path)
        return self._checked(lambda: (model.validate_python(page["data"]), page["meta"]["next_cursor"]))

    def _checked(self, read: Callable[[], T]) -> T:
        """Returns what is read of an answer, which has to be there."""
        try:
            return read()
        except (ValidationError, LookupError, TypeError, AttributeError, ValueError) as error:
            raise self._no_dateline() from error

    def _no_dateline(self) -> MirrorError:
        """Returns the error for answers that no service of this kind gives."""
        return MirrorError(f"{self.url} is no Dateline service, or an older one than this. Nothing was changed.")

    def _json(self, path: str, *, missing: bool = False) -> Any:
        """Returns an answer; None for what is not there, where that may be."""
        try:
            with self._open(path, missing=missing) as answer:
                text = answer.read()
        except _NotThere:
            return None
        except (HTTPException, OSError) as error:
            raise MirrorError(f"{self.url}{path} broke off ({_reason(error)}). Nothing was changed.") from error
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._no_dateline() from error

    def _open(self, path: str, *, missing: bool = False) -> io.BufferedReader:
        request = Request(self.url + path, headers={"Accept": "application/json, application/x-ndjson"})
        for tries in range(1, _TRIES + 1):
            try:
                return io.BufferedReader(urlopen(request, timeout=_SECONDS), _BUFFER_BYTES)
            except HTTPError as error:
                with error:
                    if error.code in (404, 410) and missing:
                        raise _NotThere from None
                    if error.code != 503 or tries == _TRIES:
                        raise self._refused(path, error) from error
            except (HTTPException, OSError) as error:
                raise MirrorError(f"{self.url} cannot be reached ({_reason(error)}). Nothing was changed.") from error
            time.sleep(tries)
        raise AssertionError("the last try returns or raises")

    def _refused(self, path: str, error: HTTPError) -> MirrorError:
        try:
            told = json.load(error)["detail"]
        except (ValueError, KeyError, TypeError, HTTPException, OSError):
            return self._no_dateline()
        return MirrorError(f"{self.url}{path} answers {error.code}: {told}")


class _NotThere(Exception):
    """A service answers that there is no such thing."""


def _reason(error: Exception) -> object:
    cause = getattr(error, "reason", None) or error
    return getattr(cause, "strerror", None) or str(cause) or type(error).__name__
