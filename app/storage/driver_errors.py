"""What errors of the databases' drivers mean."""

from sqlalchemy.exc import DBAPIError


def is_cancelled(error: Exception) -> bool:
    """Whether a statement was stopped at its deadline: SQLITE_INTERRUPT, or PostgreSQL's query_canceled."""
    error = getattr(error, "orig", None) or error
    return getattr(error, "sqlite_errorcode", None) == 9 or getattr(error, "sqlstate", None) == "57014"


def is_lost(error: Exception) -> bool:
    """Whether a connection or its snapshot is lost, so that a retry may succeed.

    40001 is a replica that cancels a snapshot which conflicts with what it receives; 57P01 to 57P03 are a server that
    shuts down or starts. An error without a statement came while connecting.
    """
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement is None)
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return lost or state in ("40001", "57P01", "57P02", "57P03")


def is_refused(error: Exception) -> bool:
    """Whether the role may not write (42501), or the server is a replica."""
    refused = getattr(getattr(error, "orig", None), "sqlstate", None) == "42501"
    return refused or "session is read-only" in str(error)


def driver_message(error: Exception) -> str:
    """Returns the first line of the driver's message, without SQL."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    return text[0] if text else type(error).__name__


def failure_behind(error: Exception) -> str | None:
    """Returns what the database said whose failure caused an error; None if none did, or if its deadline ended it."""
    cause = error.__cause__
    return driver_message(cause) if isinstance(cause, DBAPIError) and not is_cancelled(cause) else None
