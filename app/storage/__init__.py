"""Tables, engines and threads: everything between a statement and its rows, for SQLite and PostgreSQL.

`models` has the tables, `database` the connections and snapshots, `reader` decides on which thread a read runs.

May import: model, problems, settings.
Must not know: fastapi, starlette.
"""
