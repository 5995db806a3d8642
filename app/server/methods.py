"""The methods that each path takes. All data are only read; questions that do not fit an address come by POST."""

READING = ("GET", "HEAD", "OPTIONS")

_TAKING_QUESTIONS = {
    "/reconcile": (*READING, "POST"),
    "/reconcile/1.0/match": ("OPTIONS", "POST"),
    "/reconcile/1.0/extend": ("OPTIONS", "POST"),
}
"""Where a question may be the body of a request."""


def allowed_methods(path: str) -> tuple[str, ...]:
    """Returns the methods of a path."""
    return _TAKING_QUESTIONS.get(path, READING)
