"""The values of the vocabularies that the program makes itself. Their meanings stand in the codebook, as all others."""

from enum import StrEnum


class DatePrecision(StrEnum):
    """How finely a date is given (`date.precision`)."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"


class ChangeOp(StrEnum):
    """What a release did to a record (`change.op`)."""

    ADD = "ADD"
    MOD = "MOD"
    DEL = "DEL"
    RED = "RED"


class ChangeCause(StrEnum):
    """Why a release changed a record (`change.cause`), the first that applies."""

    EDITED = "edited"
    LINKED = "linked"
    RESHAPED = "reshaped"
