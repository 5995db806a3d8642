"""Importing tables and annotations."""
