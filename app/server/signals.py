"""Signals that end a server, from its first moment on."""

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What ends a server."""


def hold_signals() -> None:
    """Has signals wait until there is a server to take them: one that comes during an import could be lost with the
    exception that it raises there."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def release_signals() -> None:
    """Delivers what has waited since `hold_signals`. Processes that are started later would inherit the waiting."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
