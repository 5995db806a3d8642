"""Names on a drawing that never run over each other, nor over what has its place already."""

from collections.abc import Iterable
from typing import NamedTuple

_LETTER = 0.56
"""How wide a letter is on average, as a part of the size of the type. Nothing here knows the reader's fonts."""

_DOWN = (4, 7, 1, 10, -2)
"""How many pixels below the middle of a point a name beside it may stand, the best first."""


class Name(NamedTuple):
    """A name and where it stands: the base line, and which end of the text `x` is."""

    kind: str
    text: str
    x: float
    y: float
    anchor: str


class Names:
    """The names of a drawing of some size in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._taken: list[tuple[float, float, float, float]] = []
        self.placed: list[Name] = []

    def take(self, left: float, top: float, right: float, bottom: float) -> None:
        """Keeps names away from a part of the drawing."""
        self._taken.append((left, top, right, bottom))

    def beside(self, kind: str, text: str, x: float, y: float, gap: float, size: int) -> bool:
        """Places a name beside a point. Returns whether there was room."""
        long = _length(text, size)
        spots = [
            *(spot for down in _DOWN for spot in ((x + gap, y + down, "start"), (x - gap, y + down, "end"))),
            *((x, y + gap + size, "middle"), (x, y - gap - 3, "middle")),
        ]
        return self._place(kind, text, size, long, spots)

    def within(self, kind: str, text: str, x: float, y: float, size: int, room: Iterable[int] = (0,)) -> bool:
        """Places a name on an area around a point, or so many pixels below or above. Returns whether there was room."""
        spots = [(x, y + size / 3 + down, "middle") for down in room]
        return self._place(kind, text, size, _length(text, size), spots)

    def _place(self, kind: str, text: str, size: int, long: float, spots: list[tuple[float, float, str]]) -> bool:
        for x, y, anchor in spots:
            left = {"start": x, "end": x - long, "middle": x - long / 2}[anchor]
            box = (left - 2, y - size, left + long, y + 4)
            if self._is_free(box):
                self._taken.append(box)
                self.placed.append(Name(kind, text, round(x, 1), round(y, 1), anchor))
                return True
        return False

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        if left < 2 or top < 2 or right > self._width - 2 or bottom > self._height - 2:
            return False
        return not any(left < one[2] and one[0] < right and top < one[3] and one[1] < bottom for one in self._taken)


def _length(text: str, size: int) -> float:
    return len(text) * size * _LETTER + 4
