"""Vocabularies of places, evidence, paragraphs and changes."""

from enum import StrEnum


class PlaceKind(StrEnum):
    """What sort of place it is.

    country: a state's territory
    province: first-level administrative area
    district: second-level administrative area
    city: city
    village: village, inhabited or abandoned
    island: island
    river: river or a reach of it
    base: military base, depot or a set of them
    checkpoint: checkpoint or post
    building: house or other building
    road: road
    terrain: shore, meadow, mountains, caves and other ground
    region: informal or unresolved area
    """

    COUNTRY = "country"
    PROVINCE = "province"
    DISTRICT = "district"
    CITY = "city"
    VILLAGE = "village"
    ISLAND = "island"
    RIVER = "river"
    BASE = "base"
    CHECKPOINT = "checkpoint"
    BUILDING = "building"
    ROAD = "road"
    TERRAIN = "terrain"
    REGION = "region"


class CoordinatePrecision(StrEnum):
    """How closely a coordinate stands for its place; `radius_m` says it in metres.

    exact: the place itself
    vicinity: close by, the exact spot is not known
    locality: a point for the village, town or base
    area: a point that stands for an area, such as a centroid
    """

    EXACT = "exact"
    VICINITY = "vicinity"
    LOCALITY = "locality"
    AREA = "area"


class Basis(StrEnum):
    """Whether a name or containment comes from the reporting or from its coder.

    stated: the reporting says so
    editorial: added by the coder as common knowledge
    """

    STATED = "stated"
    EDITORIAL = "editorial"


class EvidenceField(StrEnum):
    """What a passage is evidence for.

    what: that it happened, and how
    when: its date
    where: its place
    who: who took part, or who says so
    count: a number
    name: a name
    words: quoted words
    role: a function, rank or membership
    """

    WHAT = "what"
    WHEN = "when"
    WHERE = "where"
    WHO = "who"
    COUNT = "count"
    NAME = "name"
    WORDS = "words"
    ROLE = "role"


class ParagraphKind(StrEnum):
    """What sort of paragraph of an article it is.

    body: running text
    caption: caption of a photograph
    pull_quote: display copy of a quotation
    pull_text: display copy of the reporter's own text
    """

    BODY = "body"
    CAPTION = "caption"
    PULL_QUOTE = "pull_quote"
    PULL_TEXT = "pull_text"


class ChangeOp(StrEnum):
    """What a release did to a record.

    ADD: the record is new, or was removed and has come back
    MOD: its document changed
    DEL: it was removed, with a reason and, after a merge, the id that took over
    """

    ADD = "ADD"
    MOD = "MOD"
    DEL = "DEL"
