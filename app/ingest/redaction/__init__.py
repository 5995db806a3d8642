"""Forgetting: a release that takes a record, or fields of one, out of all earlier releases and out of whatever repeats
them.

`requests` reads what the seed files ask for, `forgotten` knows the texts that are to go, `documents` takes them out of
a document, `past` out of the tables, and `search` looks for what is left.
"""
