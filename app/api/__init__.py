"""The HTTP contract: parameters, pages, envelopes, links, OpenAPI, and one file of handlers for each kind of endpoint.

Handlers parse, ask a query through the reader and return; what they answer is made elsewhere.

May import: exports, model, problems, queries, search, server, storage.
Must not know: uvicorn.
"""
