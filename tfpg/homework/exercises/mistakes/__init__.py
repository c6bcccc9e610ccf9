"""Moved to tfpg/homework/exercises/catalog.py and mistake.py."""
