"""Seed records to stored documents and rows: references are collected, checked and resolved, then records rendered.

`pipeline` is the entry: it scans a folder, and builds its parts in worker processes where there are many. Nothing here
reads or writes the database of a service.
"""
