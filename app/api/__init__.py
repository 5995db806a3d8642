"""The HTTP contract: parameters, pages, envelopes, links, OpenAPI, and one file of handlers for each kind of endpoint.

A handler in `routes` parses the request, runs a query through the reader and returns the response; the modules beside
`routes` build the response bodies.

May import: exports, model, problems, queries, reconciliation, records, search, server, storage.
Must not know: uvicorn.
"""
