"""Parameters of tests that are many and alike: a plain run takes every fifth of them, `.ci/run` takes all."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

_FIFTH = 5


def parametrize(names: str | tuple[str, ...], values: Iterable[Any], ids: Any = None) -> Callable[[Any], Any]:
    """Does what `pytest.mark.parametrize` does, and marks all values but the first of every five as heavy."""
    alone = isinstance(names, str)
    taken = [
        pytest.param(*((value,) if alone else value), marks=[pytest.mark.heavy] if number % _FIFTH else [])
        for number, value in enumerate(values)
    ]
    return pytest.mark.parametrize(names, taken, ids=ids)
