"""Dateline: a REST API over reporting."""

from importlib.metadata import version

__version__ = version("dateline")
