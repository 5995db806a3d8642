"""What schemathesis is told beside the OpenAPI document: two checks of ours, and what it is not to ask.

It loads this file by its name, see tests/test_contract.py.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

from app.limits import LONGEST_LINE

LONGEST_QUERY = LONGEST_LINE // 2

ALWAYS = ("access-control-allow-origin", "access-control-expose-headers", "x-content-type-options", "cache-control")
"""The headers of every answer, errors included."""


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """A request line that is too long is 414 whatever it asks for (tests/test_limits.py): no operation documents it."""
    return len(urlencode(case.query or {}, doseq=True)) < LONGEST_QUERY


@schemathesis.check
def body_conformance(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The body fits its schema: `response_schema_conformance` of schemathesis, which this replaces because of `fields`.

    OpenAPI has no way to say that a parameter takes keys out of the answer. Where it did, the same is asked for
    without it: that answer has to fit the schema, and the one with `fields` has to be that answer with keys left out.
    """
    if response.status_code == 200 and "fields" in (case.query or {}):
        whole = _whole(case, str(response.request.url))
        told = f"{response.request.url} is answered, {whole.request.url} with {whole.status_code} {whole.text[:500]}"
        assert whole.status_code == 200, told
        assert _is_cut(response.json()["data"], whole.json()["data"]), "`fields` did more than leave keys out"
        response = whole
    case.operation.validate_response(response, case=case)


@schemathesis.check
def header_conformance(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every answer has the headers that the API promises for all of them; data say which release they are from."""
    missing = [name for name in ALWAYS if name not in response.headers]
    if response.status_code in (200, 206) and case.path.startswith("/v1/") and case.path != "/v1/codebook":
        missing += [name for name in ("dateline-release", "etag") if name not in response.headers]
    assert not missing, f"headers are missing: {', '.join(missing)}"


def _whole(case: Case[Any], url: str) -> Response:
    """The answer to the same request, as it was sent, without `fields`."""
    sent = parse_qs(urlsplit(url).query, keep_blank_values=True)
    query = {name: values if len(values) > 1 else values[0] for name, values in sent.items() if name != "fields"}
    found: Response = case.operation.Case(path_parameters=case.path_parameters, query=query).call()
    return found


def _is_cut(data: Any, whole: Any) -> bool:
    if isinstance(data, list):
        return len(data) == len(whole) and all(map(_is_cut, data, whole))
    kept = all(key in whole and whole[key] == value for key, value in data.items())
    return kept and {"id", "type", "url"} <= data.keys()
