"""All public tables of the data package and the SQLite file.

They are the normalized documents: a record is a row, a list in it is a separate table. Left out is what only the API
needs (folded text, sort keys, bounding boxes) and what another table already holds (the reverse of a link, the name
of an id).
"""

from app.exports.datasets.columns import Table
from app.exports.datasets.events import INCIDENTS, PARTIES, PLACES
from app.exports.datasets.sources import RELEASES, SOURCES, SPEECH

TABLES: tuple[Table, ...] = (*RELEASES, *SOURCES, *PLACES, *PARTIES, *INCIDENTS, *SPEECH)
