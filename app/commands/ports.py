"""Ports that commands listen on."""

import socket

from app.commands.errors import CommandError


def refuse_busy_port(host: str, port: int, option: str = "--port") -> None:
    """Raises CommandError for a port in use before anything is loaded; the server itself would fail only after that.
    `option` sets another one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Choose another {option}."
            ) from error
