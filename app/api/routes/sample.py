"""`/v1/sample.json`: a few records of every type, for tests and stories of front ends."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request

from app.api import pages
from app.api.parameters.parsing import parse
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.schemas.envelopes import DetailMeta, list_of
from app.api.schemas.link_envelopes import DetailLinks
from app.model.compact_json import dump_json
from app.queries.values import NoParameters
from app.records import RECORD_TYPES
from app.records.sample import MAX_OF_TYPE, sample
from app.storage.read_kinds import ReadKind, reads
from app.storage.snapshot import Snapshot

PATH = "/v1/sample.json"

_RECORDS: dict[str, Any] = {
    name: (list_of(one.document), Field(max_length=MAX_OF_TYPE)) for name, one in RECORD_TYPES.items()
}
_IDS: dict[str, Any] = dict.fromkeys(RECORD_TYPES, (list[str], ...))

SampleRecords: Any = create_model("SampleRecords", __doc__="The records by list, each as the list has it.", **_RECORDS)
OutsideIds: Any = create_model("OutsideIds", __doc__="Ids that the records refer to but that are not here.", **_IDS)


class SampleMeta(DetailMeta):
    outside: OutsideIds


class Sample(BaseModel):
    """A few records of every type that hang together."""

    data: SampleRecords
    links: DetailLinks
    meta: SampleMeta


router = APIRouter()


@router.get(PATH, tags=["dataset"], summary="Read a sample", response_model=Sample, responses=problems(400, 503))
async def get_sample(request: Request) -> Response:
    """Up to 20 records of every type, as their lists have them, for tests and stories of front ends.

    They hang together: incidents come with all their claims, claims with their incident and claimants, quotes with
    their speakers. Every other id that they refer to is in the sample, too, or named in `meta.outside`. The sample
    stays the same as long as the release does. `dateline serve --sample` serves that of the shipped article alone.
    """
    parse(NoParameters, request.query_params.multi_items(), {})
    return json_response(await reader(request).read(_sample))


@reads(ReadKind.SEARCH)
def _sample(snapshot: Snapshot) -> pages.JsonBody:
    found = sample(snapshot)
    records = b",".join([b'"%b":[%b]' % (name.encode(), b",".join(some)) for name, some in found.records.items()])
    meta = {**snapshot.release.meta, "outside": found.outside}
    end = f',"links":{dump_json({"self": PATH})},"meta":{dump_json(meta)}}}'
    return pages.JsonBody(b'{"data":{%b}%b' % (records, end.encode()), snapshot.release.number)
