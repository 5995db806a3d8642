"""Time limit of a request's reads: one budget for all its statements and for the work between them."""

from math import inf
from time import monotonic

from app.problems import Unavailable


class TooSlow(Unavailable):
    """A request has used up its time. What it was doing has been stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"A request may read for {seconds:g} seconds in all, and this one takes longer. Ask for less at a time, "
            "with more filters, fewer facets, or without `count=exact`; the files of `/v1/dataset.zip` hold "
            "everything.",
            retry_after=30,
        )


class Deadline:
    """When the time of a request is over. It is looked at before every statement and while one runs."""

    def __init__(self, seconds: float) -> None:
        self.seconds = self._allowed = seconds
        self._until = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds that are left. Raises TooSlow when none are."""
        remaining = self._until - monotonic()
        if remaining <= 0:
            raise TooSlow(self.seconds)
        return remaining

    def is_expired(self) -> bool:
        return monotonic() > self._until

    def renew(self) -> None:
        """The whole time again, unless nobody waits any more: for each batch of what is longer than one answer."""
        self._until = monotonic() + self._allowed

    def cancel(self) -> None:
        """Ends the budget, because nobody waits any more. May be called from any thread."""
        self._allowed = self._until = -inf
