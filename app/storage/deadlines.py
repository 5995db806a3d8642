"""The time that a request has for reading: one budget for all its statements and for what is done between them."""

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
        self.seconds = self._whole = seconds
        self._until = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TooSlow when none are."""
        left = self._until - monotonic()
        if left <= 0:
            raise TooSlow(self.seconds)
        return left

    def is_over(self) -> bool:
        return monotonic() > self._until

    def renew(self) -> None:
        """The whole time again, unless nobody waits any more: for each batch of what is longer than one answer."""
        self._until = monotonic() + self._whole

    def end(self) -> None:
        """Nobody waits any more. May be called from any thread."""
        self._whole = self._until = -inf
