"""Full-text search without a database: folding, stems, terms, search queries, searched texts, numbers of entries.

The index and the search query pass through the same functions, so that they can never disagree.

May import: problems.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
