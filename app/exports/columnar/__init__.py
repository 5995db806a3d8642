"""Typed columns of stored documents as Apache Arrow has them, for `.parquet` and `.arrow`.

What stands here needs pyarrow, the extra `columnar`, and is imported where such a file is asked for alone.
"""
