"""Mirrors: verified copies of another service, made and kept over its public API alone.

`source` asks the service, `copied_log` keeps its log while a release is copied, `copied_records` makes rows of its
documents, `copying` writes a release, and `mirroring` brings a database up to the service's newest.
"""
