"""Time limit of a request's reads: one budget for all its statements and for the work between them."""

from math import inf
from time import monotonic

from app.problems import Unavailable


class TooSlow(Unavailable):
    """A request has used up its time; its statement has been stopped. `pinned` is the earlier release that it reads."""

    def __init__(self, seconds: float, pinned: int | None = None) -> None:
        past = f" Release {pinned} is an earlier one, which takes longer than the newest." if pinned else ""
        super().__init__(
            f"A request may read for {seconds:g} seconds in all, and this one takes longer.{past} Ask for less at a "
            "time, with more filters, fewer facets, or without `count=exact`; the files of `/v1/dataset.zip` hold "
            "everything.",
            retry_after=30,
        )


class Deadline:
    """The deadline of a request, `seconds` from now. It is checked before every statement and while one runs. `pinned`
    is the earlier release that the request reads, if it does."""

    def __init__(self, seconds: float) -> None:
        self.pinned: int | None = None
        self.seconds = self._allowed = seconds
        self._until = monotonic() + seconds

    def remaining(self) -> float:
        """Returns the seconds that are left. Raises TooSlow when none are."""
        remaining = self._until - monotonic()
        if remaining <= 0:
            raise self.exceeded()
        return remaining

    def exceeded(self) -> TooSlow:
        """Returns the error of a request that has taken longer."""
        return TooSlow(self.seconds, self.pinned)

    def is_expired(self) -> bool:
        """Whether no time is left."""
        return monotonic() > self._until

    def renew(self) -> None:
        """Starts the time again, for each batch of a download; has no effect after `cancel`."""
        self._until = monotonic() + self._allowed

    def cancel(self) -> None:
        """Ends the time for good, because the client has disconnected. Thread-safe."""
        self._allowed = self._until = -inf
