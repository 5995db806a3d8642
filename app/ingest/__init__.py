"""The loader: reads seed files, checks, renders and compares them, writes a release, and verifies it against a text.

In the order in which they are passed: `seed`, `texts`, `building`, `redaction`, `release`; above them `mirrors` and
`editing`. Each imports only those before it.

May import: counts, model, queries, records, search, storage.
Must not know: fastapi, starlette.
"""
