"""Spans of an article's text: their digests, the phrases at their ends, and links that open the page at them.

Works on records of seed files; of the text itself it keeps only what is quoted.
"""
