"""The commands of `dateline`: one family a file, and what all of them share. `app.cli` puts them together.

May import: importing, ingest, main, records, server, settings, storage.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
