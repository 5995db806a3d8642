"""The types of problems: one list of them makes the bodies, the OpenAPI document and the pages at their own URIs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem. `explanation` says what it means, `remedy` what to do about it."""

    name: str
    statuses: tuple[int, ...]
    title: str
    explanation: str
    remedy: str

    @property
    def uri(self) -> str:
        """A relative reference with the whole path (RFC 9457, 3.1.1): the same text on every server, to compare with,
        and wherever the service is reached the address of a page."""
        return f"/problems/{self.name}"


UNKNOWN_PARAMETER = ProblemType(
    "unknown-parameter",
    (400,),
    "Unknown parameter",
    "The query has a parameter that is not taken at this path. Nothing is ever ignored: a misspelt filter would "
    "otherwise return everything.",
    "Take the `suggestion`, or one of `allowed_parameters`.",
)
BAD_VALUE = ProblemType(
    "bad-value",
    (400,),
    "Bad value",
    "A parameter has a value that it does not take: not in its vocabulary, not of its form, or not possible together "
    "with others.",
    "Take the `suggestion`, or one of `allowed_values` where the values are a closed list; `detail` says which form "
    "others have.",
)
MISSING_PARAMETER = ProblemType(
    "missing-parameter",
    (400,),
    "Missing parameter",
    "A parameter is needed here, or is needed beside another one that says nothing without it.",
    "Add it; `detail` says which one.",
)
REPEATED_PARAMETER = ProblemType(
    "repeated-parameter",
    (400,),
    "Repeated parameter",
    "A parameter that takes one value stands there more than once.",
    "Leave all but one of them out.",
)
TOO_MANY_VALUES = ProblemType(
    "too-many-values",
    (400,),
    "Too many values",
    "A parameter has more different values, or the query more parameters, than one request may have.",
    "Ask in several requests.",
)
BAD_CURSOR = ProblemType(
    "bad-cursor",
    (400,),
    "Bad cursor",
    "The cursor is damaged, or belongs to another query: to other filters, another order, other facets, or "
    "another release.",
    "Begin again at the first page, without `cursor`, and take `meta.next_cursor` or `links.next` as it stands.",
)
FUTURE_RELEASE = ProblemType(
    "future-release",
    (400,),
    "Future release",
    "The release that is asked about is beyond the newest one: whoever has seen it read another database, or this one "
    "before it began anew.",
    "Drop the copy and start again from release 0.",
)
NOT_KEPT = ProblemType(
    "not-kept",
    (410,),
    "Not kept",
    "The release is from before this database kept what later releases supersede, so it cannot be read as it was.",
    "Ask for the oldest release that can be read, which the answer names, or a later one.",
)
REPLACED_IDS = ProblemType(
    "replaced-ids",
    (410,),
    "Replaced ids",
    "A copy of this release has records by ids that were redacted since. The log cannot name them, so that the copy "
    "cannot be brought up to date.",
    "Drop the copy and start again from release 0.",
)
BAD_REQUEST = ProblemType(
    "bad-request",
    (400,),
    "Bad request",
    "The request itself is not well-formed HTTP.",
    "Send it as RFC 9112 says; an HTTP library does so.",
)
NO_SUCH_RECORD = ProblemType(
    "no-such-record",
    (404, 400),
    "No such record",
    "There is no record with this id, and there never was. The status is 404 where the path names it, and 400 where a "
    "parameter does.",
    "`detail` names the record that was probably meant; `/v1/search` finds records by their words.",
)
NO_SUCH_PATH = ProblemType(
    "no-such-path",
    (404,),
    "No such path",
    "There is nothing at this path.",
    "`detail` names the path that was probably meant; `/v1` lists all of them.",
)
REMOVED = ProblemType(
    "removed",
    (410, 400),
    "Removed",
    "There was a record with this id, and a release removed it; `detail` says why. The status is 410 where the path "
    "names it, and 400 where a parameter does.",
    "Drop it from copies. Its history stands at its path with `/history`.",
)
MERGED = ProblemType(
    "merged",
    (308,),
    "Merged",
    "The record was found to be the same as another one, which goes on under its own id.",
    "Follow `Location`, and keep the new id.",
)
MOVED = ProblemType(
    "moved",
    (308,),
    "Moved",
    "What is asked for stands at another path, beyond doubt.",
    "Follow `Location`.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    (405,),
    "Method not allowed",
    "This API is read-only; only questions to `/reconcile` may come by POST.",
    "Use GET, HEAD or OPTIONS, as `Allow` says.",
)
NOT_ACCEPTABLE = ProblemType(
    "not-acceptable",
    (406,),
    "No such representation",
    "What is asked for is not there in this format: the suffix of the path is unknown, or `Accept` takes nothing that "
    "the path has. Every format has a path of its own.",
    "Ask at one of the `alternates`, or send `Accept: */*`.",
)
REQUEST_TIMEOUT = ProblemType(
    "request-timeout",
    (408,),
    "Request timeout",
    "The request did not come to its end in time.",
    "Send it again.",
)
PRECONDITION_FAILED = ProblemType(
    "precondition-failed",
    (412,),
    "Precondition failed",
    "`If-Match` or `If-Unmodified-Since` names what is there no longer.",
    "Get it anew, without the condition.",
)
URI_TOO_LONG = ProblemType(
    "uri-too-long",
    (414,),
    "URI too long",
    "The request line has more than 32 kB.",
    "Ask for less at a time.",
)
RANGE_NOT_SATISFIABLE = ProblemType(
    "range-not-satisfiable",
    (416,),
    "Range not satisfiable",
    "The file ends before the range.",
    "`Content-Range` says how long the file is.",
)
HEADERS_TOO_LARGE = ProblemType(
    "headers-too-large",
    (431,),
    "Request header fields too large",
    "The headers of the request have more than 32 kB.",
    "Send fewer of them; cookies are not needed here.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    (500,),
    "Internal error",
    "Something went wrong on the side of the service. It has been logged.",
    "Tell whoever runs the service, with the `X-Request-Id` of the answer.",
)
NOT_INSTALLED = ProblemType(
    "not-installed",
    (501,),
    "Not installed",
    "This server could write what is asked for, but has not got the software for it installed.",
    "Take another of the formats in the `links` of the list, or have whoever runs the service install what `detail` "
    "says.",
)
UNAVAILABLE = ProblemType(
    "unavailable",
    (503,),
    "Unavailable",
    "The database cannot answer at the moment or not in time, or too many others are waiting.",
    "Ask again after as many seconds as `Retry-After` says; narrow a question that takes too long.",
)

PROBLEM_TYPES = (
    UNKNOWN_PARAMETER,
    BAD_VALUE,
    MISSING_PARAMETER,
    REPEATED_PARAMETER,
    TOO_MANY_VALUES,
    BAD_CURSOR,
    FUTURE_RELEASE,
    NOT_KEPT,
    REPLACED_IDS,
    BAD_REQUEST,
    NO_SUCH_RECORD,
    NO_SUCH_PATH,
    REMOVED,
    MERGED,
    MOVED,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    REQUEST_TIMEOUT,
    PRECONDITION_FAILED,
    URI_TOO_LONG,
    RANGE_NOT_SATISFIABLE,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    NOT_INSTALLED,
    UNAVAILABLE,
)
"""All types, those of parameters first."""
