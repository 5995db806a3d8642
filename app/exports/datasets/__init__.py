"""The complete dataset as one file: a data package of CSV files, or a SQLite file with the same tables."""
