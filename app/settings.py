"""The settings. Nothing else reads the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seed"
MIGRATIONS = ROOT / "migrations"


class Settings(BaseSettings):
    """Every setting is an environment variable named `DATELINE_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite:///dateline.db",
        description="The database: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="Where the world reaches this service; the base of absolute links in feeds, CSV and `/ogc`.",
    )
    query_seconds: float = Field(
        5,
        gt=0,
        description="How long a statement may read, and a batch of a download; what takes longer is answered with 503.",
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="The port of the figures for Prometheus, with the extra `metrics`; 0 has none."
    )
    metrics_host: str = Field("127.0.0.1", description="The address of that port.")
    cache_bytes: int = Field(
        64 * 2**20,
        ge=0,
        description="How many bytes of finished answers each worker keeps in memory; 0 keeps none.",
    )
