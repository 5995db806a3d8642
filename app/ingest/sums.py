"""Sums of casualty claims with bounds."""


class Sum:
    """A sum: a missing lower bound adds 0, a missing upper bound leaves the sum open."""

    __slots__ = ("_high", "_low", "_open")

    def __init__(self) -> None:
        self._low = self._high = 0
        self._open = False

    def add(self, low: int | None, high: int | None) -> None:
        """Adds a claim's bounds; None where the reporting gives none."""
        self._low += low or 0
        self._high += high or 0
        self._open |= high is None

    @property
    def bounds(self) -> tuple[int, int | None]:
        """Lower and upper bound of the sum; None for an open one."""
        return self._low, None if self._open else self._high
