"""What schemathesis asks for, and checks beside those of the OpenAPI document.

It loads this file by its name, see tests/api/test_contract.py.
"""

import os
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.server.limits import MAX_REQUEST_LINE_BYTES
from tests.api.asked_values import ask_for_few_names, begin_with_working_values
from tests.api.shared_parameters import EVERYTHING, ask_once

_IDS = (
    r"^(not\.)?(about|actor|article|author|by|claimed_by|document|id|incident|organization|parent|person|place|speaker"
    r"|within)$"
)
BEYOND_SCHEMAS = [
    (_IDS, r": there is no "),
    (r"^cursor$", r"is damaged|belongs to another query"),
    (r"^(since|changed_since)$", r": the newest release is "),
    (r"^(release|base|head)$", r" takes the number of a release, from 1 to \d+, the newest"),
    # Schemas cannot count different values.
    (r"", r" takes 100 different values at most"),
    # One parameter needs another, or fits it.
    (r"", r" goes with "),
    # How many buckets there are depends on the records.
    (r"^facets?$|^z$", r"at most 1,000 are sent"),
    (r"^bbox$", r"has minLat above maxLat"),
    (r"^datetime$", r" is after | is not a day of the calendar"),
    # No expression tells letters of all scripts from signs.
    (r"^facet_prefix$", r"must be the beginning of a word"),
    # How many tiles there are depends on the zoom.
    (r"^[xy]$", r" at this zoom\."),
    # Fields and vocabularies are those of the releases that are compared.
    (r"^field$", r" has no value "),
    # The address of a record or a list of this service, with parameters of its own.
    (r"^url$", r"^Parameter 'url' "),
    # JSON inside of a text, of which a schema says nothing; and a name there is a type, a property or a column.
    (r"^(queries|extend|body)$", r""),
    (r"^q$", r"needs a word to look for|has more than \d+ words"),
]
"""Why a request that fits its schema may be refused: by parameter, and what is said of it."""

SHAPING = re.compile(r"fields$|fields\[|evidence$")
"""The parameters that leave out parts of records."""

OF_ANOTHER_LIST = r"There is no parameter | has no value "
"""/v1/facets takes the parameters of each list with that list alone."""

DEFAULT_FIELDS = (
    "access-control-allow-origin",
    "access-control-expose-headers",
    "x-content-type-options",
    "cache-control",
)
"""The headers of every answer, errors included."""


OF_NO_RELEASE = {"/v1/codebook", "/v1/contexts/{version}.jsonld"}
"""What is served from the code, whatever has been loaded."""


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """A parameter that many operations take alike is asked for at a few of them, and for few names of many."""
    if not os.environ.get(EVERYTHING):
        ask_once(raw_schema)
        ask_for_few_names(raw_schema)
    begin_with_working_values(raw_schema)


@schemathesis.check
def valid_data_acceptance(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """What fits the schema is accepted: `positive_data_acceptance` of schemathesis, but for what no schema can say."""
    try:
        positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        if not _excused(response, case):
            raise


def _excused(response: Response, case: Case[Any]) -> bool:
    if response.status_code == 414:
        return len(str(response.request.url)) > MAX_REQUEST_LINE_BYTES / 2
    if response.status_code == 416:
        return "Range" in response.request.headers  # how long a file is depends on its filters
    if response.status_code != 400:
        return False
    if "/%7Bz%7D/" in str(response.request.url):
        return True  # a template for addresses of tiles is followed like a link
    return all(_beyond_schemas(case.path, **error) for error in response.json()["errors"])


def _beyond_schemas(path: str, parameter: str, detail: str, **others: object) -> bool:
    if path in ("/v1/facets", "/v1/facets.csv") and re.search(OF_ANOTHER_LIST, detail):
        return True
    return any(re.search(name, parameter) and re.search(told, detail) for name, told in BEYOND_SCHEMAS)


@schemathesis.check
def body_conformance(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The body fits its schema: `response_schema_conformance` of schemathesis, which this replaces because of parts.

    An answer with parts of records has to fit the schema of partial answers (no other has the member `fields`), and to
    be the answer without them with keys left out. A part of a file has to be that part of the whole.
    """
    if response.status_code == 206:
        if part := re.fullmatch(r"bytes (\d+)-(\d+)/\d+", response.headers.get("content-range", [""])[0]):
            whole = _whole(case, str(response.request.url), without=None)
            assert response.content == whole.content[int(part[1]) : int(part[2]) + 1], "another part than asked for"
        return
    if response.status_code == 200 and _is_json(response) and any(map(SHAPING.match, case.query or {})):
        whole = _whole(case, str(response.request.url))
        told = f"{response.request.url} is answered, {whole.request.url} with {whole.status_code} {whole.text[:500]}"
        assert whole.status_code == 200, told
        assert _is_cut(response.json()["data"], whole.json()["data"]), "`fields` did more than leave keys out"
        names_parts = bool(case.query) and ("fields" in case.query or case.query.get("evidence", "full") != "full")
        assert "fields" in response.json() or not names_parts, "a partial answer says so"
        assert "fields" not in whole.json(), "and no other"
    case.operation.validate_response(response, case=case)


@schemathesis.check
def header_conformance(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every answer has the headers that the API promises for all of them; data say which release they are from."""
    missing = [name for name in DEFAULT_FIELDS if name not in response.headers]
    if response.status_code in (200, 206) and case.path.startswith("/v1/") and case.path not in OF_NO_RELEASE:
        missing += [name for name in ("dateline-release", "etag") if name not in response.headers]
    assert not missing, f"headers are missing: {', '.join(missing)}"


def _whole(case: Case[Any], url: str, without: re.Pattern[str] | None = SHAPING) -> Response:
    """The answer to the same request, as it was sent, without a range and, unless told otherwise, of whole records."""
    sent = parse_qs(urlsplit(url).query, keep_blank_values=True)
    kept = {name: values for name, values in sent.items() if without is None or not without.match(name)}
    query = {name: values if len(values) > 1 else values[0] for name, values in kept.items()}
    actual: Response = case.operation.Case(path_parameters=case.path_parameters, query=query).call()
    return actual


def _is_json(response: Response) -> bool:
    return response.headers.get("content-type", [""])[0].startswith("application/json")


def _is_cut(data: Any, whole: Any) -> bool:
    if isinstance(data, list):
        return len(data) == len(whole) and all(map(_is_cut, data, whole))
    if not isinstance(data, dict):
        return bool(data == whole)
    return all(
        len(whole["evidence"]) == value if key == "evidence_count" else key in whole and _is_cut(value, whole[key])
        for key, value in data.items()
    )
