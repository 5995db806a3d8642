"""The public tables: what the data package and the SQLite file hold.

They are the records' documents, taken apart: a record is a row, a list in it is a table of its own. Left out are what
only serves the API (folded text, sort keys, bounding boxes) and what another table already says (the reverse of a
link, the name behind an id).
"""

from app.exports.datasets.columns import Table
from app.exports.datasets.events import INCIDENTS, PARTIES, PLACES
from app.exports.datasets.sources import RELEASES, SOURCES, SPEECH

TABLES: tuple[Table, ...] = (*RELEASES, *SOURCES, *PLACES, *PARTIES, *INCIDENTS, *SPEECH)
