"""Links from the values of facets to the lists that hold exactly the records that a value counts."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from app.api.links import address
from app.api.parameters.parsing import REQUIRED_COMPANIONS
from app.model.map_tiles import Tile
from app.queries.facets import Facet
from app.queries.histograms import Bucket
from app.queries.plan import chooses
from app.queries.record_type import RecordType
from app.queries.values import RELEASE, BBox, interval

Links = dict[str, str]


class FacetLinks:
    """The links of a facet: to lists with the filters of a request, but for those that the facet is counted
    `without`. `filters` are these, parsed and resolved."""

    def __init__(
        self, resource: RecordType, filters: Any, items: Sequence[tuple[str, str]], without: Iterable[str] = ()
    ) -> None:
        self.resource = resource
        self.filters = filters
        kept = (one for one in items if chooses(one[0]) or one[0] == RELEASE)
        self.items = [one for one in kept if one[0] not in without]

    def of_value(self, name: str, value: str) -> Links:
        """Returns the link to the records that have a value. None is there where no list holds them: those that have
        two values of one filter, which finds what has either, or one beside those that another filter takes for it."""
        return {"list": self.list_of([(name, value)], replaced=(name,))} if self.holds(name, value) else {}

    def holds(self, name: str, value: str) -> bool:
        """Whether the records that match and have a value are all that match with it as their filter."""
        if name not in type(self.filters).model_fields:
            return False
        chosen = getattr(self.filters, name)
        facet = self.resource.facets[name]
        default = facet.default(self.filters) if isinstance(facet, Facet) else None
        known = default if chosen in (None, []) else _texts(chosen)
        return known is None or value in known

    def of_days(self, bucket: Bucket) -> Links:
        """Returns the links to the records that certainly, and to those that at all may lie in a bucket."""
        if not self._takes_days:
            return {}
        value = bucket.value
        if bucket.days != interval(value):
            value = "/".join(dict.fromkeys((str(bucket.days.start), str(bucket.days.end))))
        asked, matches = f"{self._before_days}datetime={value.replace('/', '%2F')}", ("within", "overlaps")
        if not self._takes_match:
            return dict.fromkeys(matches, asked)
        return {match: f"{asked}&date_match={match}" for match in matches}

    @cached_property
    def _takes_days(self) -> bool:
        return "datetime" in type(self.filters).model_fields

    @cached_property
    def _takes_match(self) -> bool:
        return "date_match" in type(self.filters).model_fields

    @cached_property
    def _before_days(self) -> str:
        path = self.list_of([], replaced=("datetime", "date_match"))
        return f"{path}&" if "?" in path else f"{path}?"

    def of_tile(self, tile: Tile) -> Links:
        """Returns the link to the records whose points lie in a tile, and in the box that is asked for. None is there
        for a tile in which such a box begins in the east and ends in the west."""
        if (box := _common(tile, self.filters.bbox)) is None:
            return {}
        replaced = ("bbox", "location_match")
        return {"list": self.list_of([("bbox", box), ("location_match", "point")], replaced=replaced)}

    def list_of(self, added: Sequence[tuple[str, str]], replaced: Sequence[str]) -> str:
        """Returns the URL of the list with some filters added, and others of these names left out."""
        kept = [item for item in self.items if item[0] not in replaced]
        names = {name for name, _ in (*kept, *added)}
        fitting = [
            item
            for item in kept
            if item[0] not in REQUIRED_COMPANIONS or not names.isdisjoint(REQUIRED_COMPANIONS[item[0]])
        ]
        return address(f"/v1/{self.resource.name}", [*fitting, *added])


def _texts(chosen: Any) -> Iterable[str]:
    return [str(chosen).lower()] if isinstance(chosen, bool) else [str(one) for one in chosen]


def _common(tile: Tile, box: BBox | None) -> str | None:
    """Returns what a tile and a box have in common, as `bbox` takes it; None if that is two boxes."""
    west, south, east, north = tile.west, tile.first_south, tile.last_east, tile.north
    if box is not None:
        south, north = max(south, box.south), min(north, box.north)
        if box.west <= box.east:
            west, east = max(west, box.west), min(east, box.east)
        elif box.west <= east and west <= box.east:
            if (west, east) != (-180, 180):
                return None
            west, east = box.west, box.east
        elif box.west <= east:
            west = max(west, box.west)
        else:
            east = min(east, box.east)
    return ",".join(f"{side:.12f}".rstrip("0").rstrip(".") for side in (west, south, east, north))
