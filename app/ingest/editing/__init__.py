"""What editors use while they write seed files: new articles, anchoring, previews, schemas, and their reference.

Nothing of it is needed to load a release.
"""
