"""Moved to tfpg/homework/exercises/mistake.py."""

from tfpg.homework.exercises.mistake import MISTAKES, Mistake

__all__ = ["MISTAKES", "Mistake"]
