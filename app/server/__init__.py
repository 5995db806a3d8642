"""Bytes before and around FastAPI: the HTTP protocol's limits, the response cache, validators, compression, the log.

Pure ASGI, so that it works under any server; what relies on uvicorn's private names stands in
`uvicorn_internals` alone.

May import: model, problems, storage.
Must not know: fastapi, sqlalchemy, sqlmodel.
"""
