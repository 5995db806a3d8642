"""Time limit of a request's reads: one budget for all its statements and for the work between them."""

from math import inf
from time import monotonic

from app.problems import Unavailable


class TooSlow(Unavailable):
    """A request has used up its time; its statement has been stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"A request may read for {seconds:g} seconds in all, and this one takes longer. Ask for less at a time, "
            "with more filters, fewer facets, or without `count=exact`; the files of `/v1/dataset.zip` hold "
            "everything.",
            retry_after=30,
        )


class Deadline:
    """The deadline of a request, `seconds` from now. It is checked before every statement and while one runs."""

    def __init__(self, seconds: float) -> None:
        self.seconds = self._allowed = seconds
        self._until = monotonic() + seconds

    def remaining(self) -> float:
        """Returns the seconds that are left. Raises TooSlow when none are."""
        remaining = self._until - monotonic()
        if remaining <= 0:
            raise TooSlow(self.seconds)
        return remaining

    def is_expired(self) -> bool:
        """Whether no time is left."""
        return monotonic() > self._until

    def renew(self) -> None:
        """Starts the time again, for each batch of a download; has no effect after `cancel`."""
        self._until = monotonic() + self._allowed

    def cancel(self) -> None:
        """Ends the time for good, because the client has disconnected. Thread-safe."""
        self._allowed = self._until = -inf
