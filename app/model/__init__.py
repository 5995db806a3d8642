"""The data model: documents, vocabularies, references between records, spans of days, points on the globe.

Plain data and rules, shared by the loader, the database and the API. The codebook's vocabularies are the enums in
`codebook`, and their docstrings are its text.

May import: nothing.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
