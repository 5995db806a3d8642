"""Facets and sums as answers: figures, labels of their values, and links to the records that they count."""
