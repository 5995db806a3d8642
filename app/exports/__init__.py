"""Export files made from stored documents: the formats of a list, the dataset files, and their shared disk cache.

May import: model, problems, records, server, storage.
Must not know: fastapi, starlette.
"""
