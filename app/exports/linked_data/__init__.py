"""Records as linked data (JSON-LD): the terms of their keys, their nodes, the context, and our own vocabulary."""
