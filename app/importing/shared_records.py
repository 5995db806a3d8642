"""Places, people, organizations and documents that several rows name: each is one record."""

from dataclasses import dataclass, field
from typing import Any

from app.importing.templates import RowError
from app.model.geography import distance_m

Data = dict[str, Any]
Path = tuple[str | int, ...]

_DECIMALS = 3
"""Decimals of the coordinates in the id of another place of the same name: some hundred metres."""


@dataclass
class SharedRecord:
    """A record, and the line of the row that named it first."""

    data: Data
    line: int


@dataclass
class SharedTable:
    """The records of a resource by id. What a row adds is pending until the row is known to have no mistakes."""

    resource: str
    existing: dict[str, Data] = field(default_factory=dict)
    """Records that the seed has already; they stay as they are, but for evidence that is added to them."""

    cited: dict[str, list[Data]] = field(default_factory=dict)
    """The evidence of the first row that names an existing record."""

    records: dict[str, SharedRecord] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)
    """Places whose point lies apart from that of another place with the same name, and that place."""

    _pending: dict[str, SharedRecord] = field(default_factory=dict)
    _pending_evidence: dict[str, list[Data]] = field(default_factory=dict)

    def add(self, data: Data, line: int, path: Path) -> tuple[str, bool]:
        """Adds a record. Returns its id, and whether it is new or says more than before.

        The id of a place is another one if its point is farther from the one before than their radii say. Raises
        RowError for what cannot be one record.
        """
        id_ = data["id"]
        known = self._known(id_)
        if known is not None and _are_apart(known.data, data):
            data = {**data, "id": f"{id_}-{_point_in_words(data)}"}
            self.apart[data["id"]], id_ = id_, data["id"]
            known = self._known(id_)
        if known is None:
            self._pending[id_] = SharedRecord(data, line)
            return id_, True
        if id_ in self.existing:
            self._pending_evidence.setdefault(id_, data["evidence"])
            return id_, False
        merged = self._merged(known, data, path)
        if merged == known.data:
            return id_, False
        self._pending[id_] = SharedRecord(merged, known.line)
        return id_, True

    def pending(self, id_: str) -> Data:
        """Returns a record that is pending."""
        return self._pending[id_].data

    def commit(self) -> None:
        """Keeps what is pending."""
        self.records |= self._pending
        self.cited = self._pending_evidence | self.cited
        self.rollback()

    def rollback(self) -> None:
        """Drops what is pending."""
        self._pending, self._pending_evidence = {}, {}

    def _known(self, id_: str) -> SharedRecord | None:
        if id_ in self.existing:
            return SharedRecord(self.existing[id_], 0)
        return self._pending.get(id_) or self.records.get(id_)

    def _merged(self, known: SharedRecord, new: Data, path: Path) -> Data:
        """Returns a record with what was not said of it before; another spelling of its name becomes an alias."""
        merged = dict(known.data)
        for name, value in new.items():
            before = known.data.get(name)
            if (name in ("evidence", "coordinate") and before is not None) or before == value:
                continue
            if before is None:
                merged[name] = value
            elif name == "name":
                merged["aliases"] = _with_alias(known.data, value)
            elif name != "aliases":
                message = f"'{new['id']}' has another '{name}' here than in line {known.line}"
                raise RowError((*path, name), f"{message}; tell them apart by more columns in the id")
        return merged


def _with_alias(data: Data, name: str) -> list[Data]:
    aliases: list[Data] = data.get("aliases", [])
    known = {data["name"].casefold(), *(alias["name"].casefold() for alias in aliases)}
    return aliases if name.casefold() in known else [*aliases, {"name": name, "basis": "stated"}]


def _are_apart(one: Data, other: Data) -> bool:
    """Whether two points are farther apart than either stands for its place."""
    try:
        first, second = _point(one), _point(other)
        radius = max(float(data["coordinate"]["radius_m"]) for data in (one, other))
    except (KeyError, ValueError):  # no point, or none that is valid, as its own check reports
        return False
    return distance_m(*first, *second) > radius


def _point(data: Data) -> tuple[float, float]:
    return float(data["coordinate"]["latitude"]), float(data["coordinate"]["longitude"])


def _point_in_words(data: Data) -> str:
    """A point as the end of an id: `36-340n-43-130e`."""
    latitude, longitude = _point(data)
    north = f"{abs(latitude):.{_DECIMALS}f}{'s' if latitude < 0 else 'n'}"
    east = f"{abs(longitude):.{_DECIMALS}f}{'w' if longitude < 0 else 'e'}"
    return f"{north}-{east}".replace(".", "-")
