"""Seed files to a release: reading, checking, rendering, comparing and writing, and verifying against a text.

May import: model, search, storage.
Must not know: fastapi, starlette.
"""
