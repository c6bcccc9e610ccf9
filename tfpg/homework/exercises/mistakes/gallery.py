"""Moved to tfpg/homework/exercises/catalog.py."""

from tfpg.homework.exercises.catalog import GALLERY, of_exercise

__all__ = ["GALLERY", "of_exercise"]
