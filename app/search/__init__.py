"""Words: how text is folded, what a search asks for, which texts of a record are searched, and the numbers of entries.

The index and the question pass through the same functions, so that they can never disagree.

May import: model, problems.
Must not know: fastapi, starlette, sqlalchemy, sqlmodel.
"""
