"""The data model: documents, vocabularies, references between records, spans of days, points on the globe.

Plain data and rules, shared by the loader, the database and the API. The codebook's vocabularies are in
`seed/codebook.yaml`; `codebook` says what they are and how fields have their values.

May import: settings.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
