"""The benchmark: an invented archive of any size, the service, a naive twin of it, and the bare server beneath both.

`python -m tests.bench` says how to run it, RESULTS.md what came out last.
"""
