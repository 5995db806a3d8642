"""Documents to files: the formats of a list, and the files of the whole dataset.

May import: model, problems, server, storage.
Must not know: fastapi, starlette.
"""
