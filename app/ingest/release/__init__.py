"""Writes a release: what was built beside what is stored, as one transaction.

`loading` is the entry. What is superseded is kept for reads of earlier releases.
"""
