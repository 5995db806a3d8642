"""Response models of `links` for OpenAPI: root-relative URLs beside the data of an answer."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, create_model

from app.api.schemas.count_envelopes import Absent
from app.records import RECORD_TYPES


class ListLinks(BaseModel):
    """Root-relative links."""

    self: str
    next: str | Absent = Field(default=None, description="The next page, with every filter; absent on the last page.")


class DetailLinks(BaseModel):
    """Root-relative links."""

    self: str


if TYPE_CHECKING:

    class IncludedLinks(BaseModel):
        """Links to the complete lists."""

else:
    IncludedLinks = create_model(
        "IncludedLinks",
        __doc__="Of what is included, only the first 500 of each list are sent. Where there are more: root-relative "
        "links to the\nlists that hold all of them, each by up to 100 records of the answer.",
        **dict.fromkeys(
            dict.fromkeys(name for one in RECORD_TYPES.values() for name in one.referring), (list[str] | Absent, None)
        ),
    )


_INCLUDED_LINKS = Field(
    default=None, description="Only where `include` asked for more than is sent at once: where to find all of it."
)


PERMANENT: Any = Field(
    default=None,
    description="The same answer with `release`, which says the same when later releases have changed it: what to "
    "keep and to cite (`/v1/cite`). Absent before the first release. Of a page by relevance it is the first page, "
    "in an order that no later release changes: that without `release` depends on all records.",
)


class PermanentLinks(DetailLinks):
    """Root-relative links."""

    permanent: str | Absent = PERMANENT


class PermanentPageLinks(ListLinks):
    """Root-relative links."""

    permanent: str | Absent = PERMANENT


class PageLinks(PermanentPageLinks):
    """Root-relative links."""

    prev: str | Absent = Field(
        default=None, description="The page before, with every filter; absent on the first page."
    )
    included: IncludedLinks | Absent = _INCLUDED_LINKS


class RecordLinks(PermanentLinks):
    """Root-relative links."""

    included: IncludedLinks | Absent = _INCLUDED_LINKS
