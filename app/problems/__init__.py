"""HTTP errors as exception classes with a status, and their response body: problem details (RFC 9457).

Every kind of problem is a `ProblemType` in `types`.

May import: nothing.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.problems import types
from app.problems.types import PROBLEM_TYPES, ProblemType

_PARAMETER_TYPES = tuple(one for one in PROBLEM_TYPES if 400 in one.statuses and one is not types.BAD_REQUEST)


def _type_field(choices: Sequence[ProblemType], description: str) -> Any:
    schema: dict[str, Any] = {"format": "uri-reference", "enum": [one.uri for one in choices]}
    return Field(description=description, examples=[types.UNKNOWN_PARAMETER.uri], json_schema_extra=schema)


class ParameterError(BaseModel):
    """What is wrong with one parameter."""

    type: str = _type_field(_PARAMETER_TYPES, "What sort of mistake it is.")
    parameter: str = Field(examples=["kidn"])
    detail: str = Field(examples=["There is no parameter 'kidn' here."])
    suggestion: str | None = Field(description="The nearest valid name or value.", examples=["kind"])
    allowed: SkipJsonSchema[tuple[str, ...]] = Field(default=(), exclude=True)
    """All names or values that are taken. The problem has them once for all its errors."""


class Alternate(BaseModel):
    """What is asked for in another format."""

    type: str = Field(description="Its media type.", examples=["application/geo+json"])
    url: str = Field(examples=["/v1/incidents.geojson"])


class ProblemDocument(BaseModel):
    """Problem details for HTTP APIs, RFC 9457."""

    model_config = ConfigDict(title="Problem")

    type: str = _type_field(
        PROBLEM_TYPES,
        "What sort of problem it is: the path of a page that explains it, the same on every server. With several "
        "`errors` that of the first.",
    )
    title: str = Field(description="The type's name in plain English.", examples=[types.UNKNOWN_PARAMETER.title])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["There is no parameter 'kidn' here. Did you mean 'kind'?"])
    instance: str = Field(description="The path that was asked for.", examples=["/v1/incidents"])
    errors: list[ParameterError] | SkipJsonSchema[None] = Field(
        default=None, description="One entry for each parameter that is wrong; only with status 400."
    )
    allowed_parameters: list[str] | SkipJsonSchema[None] = Field(
        default=None, description="Every parameter that is taken here, where one is unknown."
    )
    allowed_values: dict[str, list[str]] | SkipJsonSchema[None] = Field(
        default=None, description="By parameter, every value that it takes, where it has one that is none of them."
    )
    alternates: list[Alternate] | SkipJsonSchema[None] = Field(
        default=None, description="The formats that there are, and where; only with status 406."
    )


class Problem(Exception):
    """The base of every error that a client sees."""

    status: ClassVar[int] = 500
    type: ProblemType = types.INTERNAL_ERROR

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The name of the problem's type."""
        return self.type.title

    def body(self, path: str) -> dict[str, Any]:
        """The problem document; `path` is the one that was asked for, decoded."""
        return {
            "type": self.type.uri,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": quote(path, errors="replace"),
        }


@dataclass(frozen=True)
class BadValue(ValueError):
    """A value that a filter does not take. Parsers raise it; it becomes a BadParameter with the parameter's name."""

    detail: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return self.detail


class BadParameter(Problem):
    """One or several parameters that are wrong. Its type is that of the first."""

    status = 400

    def __init__(self, errors: list[ParameterError]) -> None:
        first = errors[0]
        hint = f" Did you mean '{first.suggestion}'?" if first.suggestion else ""
        super().__init__(first.detail + hint)
        self.errors = errors
        self.type = next(one for one in _PARAMETER_TYPES if one.uri == first.type)

    def body(self, path: str) -> dict[str, Any]:
        """The problem document, with the errors of all parameters and, once each, what these take."""
        document = {**super().body(path), "errors": [error.model_dump() for error in self.errors]}
        if names := self._allowed(unknown_parameters=True):
            document["allowed_parameters"] = next(iter(names.values()))
        if values := self._allowed(unknown_parameters=False):
            document["allowed_values"] = values
        return document

    def _allowed(self, *, unknown_parameters: bool) -> dict[str, list[str]]:
        return {
            error.parameter: list(error.allowed)
            for error in self.errors
            if error.allowed and (error.type == types.UNKNOWN_PARAMETER.uri) is unknown_parameters
        }

    @classmethod
    def of(
        cls,
        parameter: str,
        detail: str,
        suggestion: str | None = None,
        *,
        type: ProblemType = types.BAD_VALUE,
        allowed: Sequence[str] = (),
    ) -> Self:
        """Returns the problem of one parameter."""
        error = ParameterError(
            type=type.uri, parameter=parameter, detail=detail, suggestion=suggestion, allowed=tuple(allowed)
        )
        return cls([error])


class NotFound(Problem):
    """The path names a record that does not exist."""

    status = 404
    type = types.NO_SUCH_RECORD


class NoSuchPath(NotFound):
    """There is nothing at the path."""

    type = types.NO_SUCH_PATH


class NotAllowed(Problem):
    """The resource does not support the request's method."""

    status = 405
    type = types.METHOD_NOT_ALLOWED


class NotAcceptable(Problem):
    """`alternates` are the URLs of the formats that there are, by media type."""

    status = 406
    type = types.NOT_ACCEPTABLE

    def __init__(self, detail: str, alternates: Sequence[Alternate] = ()) -> None:
        super().__init__(detail)
        self.alternates = alternates

    def body(self, path: str) -> dict[str, Any]:
        """The problem document, with the formats that there are."""
        return {**super().body(path), "alternates": [one.model_dump() for one in self.alternates]}


class Gone(Problem):
    """The record was removed, or the release is not kept."""

    status = 410
    type = types.REMOVED

    def __init__(self, detail: str, type: ProblemType = types.REMOVED) -> None:
        super().__init__(detail)
        self.type = type


class Merged(Problem):
    """The record lives on under another id; the answer redirects there."""

    status = 308
    type = types.MERGED


class Moved(Problem):
    """What was asked for has another address, beyond doubt; the answer redirects there."""

    status = 308
    type = types.MOVED


class BadRequest(Problem):
    """The request is malformed."""

    status = 400
    type = types.BAD_REQUEST


class RequestTimeout(Problem):
    """The client took too long to send its request."""

    status = 408
    type = types.REQUEST_TIMEOUT


class PreconditionFailed(Problem):
    """A condition of the request, such as `If-Match`, is false."""

    status = 412
    type = types.PRECONDITION_FAILED


class UriTooLong(Problem):
    """The request's target is too long."""

    status = 414
    type = types.URI_TOO_LONG


class HeadersTooLarge(Problem):
    """The request's header fields are too large."""

    status = 431
    type = types.HEADERS_TOO_LARGE


class RangeNotSatisfiable(Problem):
    """No part of the file is in the requested range."""

    status = 416
    type = types.RANGE_NOT_SATISFIABLE


class Abandoned(Problem):
    """The client disconnected before the response. Only the log shows it; the status is nginx's."""

    status = 499


class NotInstalled(Problem):
    """What is asked for needs an extra that is not installed."""

    status = 501
    type = types.NOT_INSTALLED


class Unavailable(Problem):
    """The database does not answer, or the service is overloaded. `retry_after` is in seconds."""

    status = 503
    type = types.UNAVAILABLE

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
