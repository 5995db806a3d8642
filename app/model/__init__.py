"""What a record is: documents, vocabularies, references between records, spans of days, points on the globe.

Plain data and rules, the same for whoever loads, stores or serves a record. The codebook's vocabularies are the enums
in `codebook`, and their docstrings are its text.

May import: nothing.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
