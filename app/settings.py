"""Settings from environment variables. Nothing else reads the environment."""

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

import idna
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seed"
MIGRATIONS = ROOT / "migrations"


def _ascii_url(url: str) -> str:
    """Returns a URL in ASCII, as links and `tag:` ids (RFC 4151) need it. Raises ValueError."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("it has a user or a password in it, and would stand in every link; leave them out")
    if parts.hostname is None:
        raise ValueError("it has no host")
    host = parts.netloc
    if not host.isascii():
        try:
            name = idna.encode(parts.hostname, uts46=True).decode()
        except idna.IDNAError as error:
            raise ValueError(f"'{parts.hostname}' is no host name: {error}") from error
        host = name if parts.port is None else f"{name}:{parts.port}"
    return urlunsplit(parts._replace(netloc=host, path=quote(parts.path, safe="/%:@!$&'()*+,;=~")))


def _folder(path: Path) -> Path:
    """Returns the path of a folder that is there, or that can be made. Raises ValueError."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir():
        raise ValueError(f"'{there}' is no folder")
    if there != path and not os.access(there, os.W_OK):
        raise ValueError(f"'{path}' is not there, and cannot be made in '{there}'")
    return path


class Settings(BaseSettings):
    """Every setting is an environment variable named `DATELINE_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///dateline.db",
        description="The database: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`.",
    )
    public_url: Annotated[str, AfterValidator(_ascii_url)] = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="Where the world reaches this service; the base of absolute links in feeds, CSV and `/ogc`.",
    )
    query_seconds: float = Field(
        5,
        gt=0,
        description="How long a request may read, all its statements together, and a batch of a download; what takes "
        "longer is answered with 503.",
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="The port of the figures for Prometheus, with the extra `metrics`; 0 has none."
    )
    metrics_host: str = Field("127.0.0.1", description="The address of that port.")
    cache_dir: Annotated[Path, AfterValidator(_folder)] | None = Field(
        None,
        description="A directory in which the workers of a machine keep what they count by, also after they end. "
        "Without one it lies in `TMPDIR` while they run.",
    )
    cache_bytes: int = Field(
        64 * 2**20,
        ge=0,
        description="How many bytes of finished answers each worker keeps in memory; 0 keeps none.",
    )
