"""The codebook that requests are parsed by, and that OpenAPI shows: that of the newest release."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from app.api.parameters.parsing import Choices, parse, pinned_release
from app.model.codebook import Codebook, shipped
from app.problems import BadParameter, Unavailable
from app.server.request_context import RequestContext
from app.storage.reader import Reader
from app.storage.release_info import ReleaseInfo

F = TypeVar("F", bound=BaseModel)


class SeenCodebook:
    """The newest codebook that this process has seen. Whether it is that of a snapshot is looked at in the snapshot."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._codebook: Codebook | None = None

    async def seen(self) -> Codebook:
        """Returns it without asking the database, unless none has been seen."""
        return self._codebook or await self.newest()

    async def newest(self) -> Codebook:
        """Returns that of the newest release, or else what `newest_of_release` does."""
        return (await self.newest_of_release())[0]

    async def newest_of_release(self) -> tuple[Codebook, ReleaseInfo | None]:
        """Returns that of the newest release, and the release. While the database does not answer, that which was seen
        last, or that of the package, without a release."""
        try:
            codebook, release = await self._reader.read(lambda snapshot: (snapshot.codebook, snapshot.release))
        except Unavailable:
            return self._codebook or shipped(), None
        self._codebook = codebook
        return codebook, release


async def parse_coded(
    request: Request,
    model: type[F],
    items: Iterable[tuple[str, str]],
    choices: Callable[[Codebook], Choices] = lambda codebook: {},
) -> F:
    """Parses a query string with values of vocabularies. Raises BadParameter with every error in it.

    The database is asked for its codebook only where the one that was seen last refuses something.
    """
    known: SeenCodebook = request.app.state.codebook
    reader: Reader = request.app.state.reader
    items = list(items)
    if (release := pinned_release(request)) is not None:
        codebook = await reader.read(lambda snapshot: snapshot.codebook, release=release)
        return parse(model, items, choices(codebook), codebook)
    codebook = await known.seen()
    try:
        return parse(model, items, choices(codebook), codebook)
    except BadParameter:
        newest = await known.newest()
        if newest == codebook:
            raise
        return parse(model, items, choices(newest), newest)


async def codebook_in_force(request: Request) -> Codebook:
    """Returns the codebook of the newest release, to which the answer then belongs."""
    known: SeenCodebook = request.app.state.codebook
    codebook, release = await known.newest_of_release()
    if release is not None:
        RequestContext.of(request.scope).set_release(release)
    return codebook
