"""nginx with its stock settings as a reverse proxy before a server of this machine, from the system's binary."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from tests.live import answers, free_port

needed = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx: install Debian's package of that name")

# Where it runs and what it writes; of how it serves nothing is set.
_CONFIGURATION = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{behind}; }}
    }}
}}
"""


@contextmanager
def proxying(base: str) -> Iterator[str]:
    """Serves what the server at a base URL serves; yields the base URL of the proxy."""
    with TemporaryDirectory(prefix="nginx-") as folder:
        port, file = free_port(), Path(folder, "nginx.conf")
        # As root it would else hand its work to a user who may not write here.
        user = "user root;" if os.geteuid() == 0 else ""
        file.write_text(_CONFIGURATION.format(user=user, folder=folder, port=port, behind=urlsplit(base).port))
        command = ["nginx", "-p", folder, "-e", f"{folder}/errors", "-c", str(file)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                assert answers(port, server), Path(folder, "errors").read_text()
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()
                server.wait(30)
