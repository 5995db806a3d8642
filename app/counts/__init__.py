"""Counts of records: arrays beside the tables, in which totals, facets and sums of many records take milliseconds.

A load stores what records are counted by in blocks (`blocks`), a few bytes a record. A worker makes files of arrays
from these (`files`), which all workers of a machine map into memory, and finds and counts records in them (`arrays`).
What a type is counted by is declared with its facets and filters (`columns`). NumPy is imported only where something is
counted.

May import: model, storage.
Must not know: fastapi, starlette, app.storage.reader, app.storage.executors.
"""
