"""Which releases can be read: those whose superseded rows were kept."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from app.problems import BadParameter, Gone, types
from app.storage.models import Release

_KEPT = col(Release.is_kept).is_(True)
_IS_KEPT = select(col(Release.number)).where(col(Release.number) == bindparam("release"), _KEPT)
_OLDEST_KEPT = select(func.min(col(Release.number))).where(_KEPT)


def check_is_kept(release: int, newest: int, value_of: Callable[..., Any], parameter: str = "release") -> None:
    """Raises BadParameter for a release that there is not, and Gone for one from before the past was kept. `value_of`
    runs a statement; `parameter` is what names the release."""
    if not 1 <= release <= newest:
        detail = f"Parameter '{parameter}' takes the number of a release, from 1 to {newest}, the newest."
        raise BadParameter.of(parameter, detail, str(newest))
    if value_of(_IS_KEPT, release=release) is None:
        oldest = value_of(_OLDEST_KEPT)
        before = f"Release {release} can no longer be read: it is from before the past was kept."
        raise Gone(f"{before} The oldest that can be read is {oldest}.", type=types.NOT_KEPT)
