"""Homework: the gallery of mistakes."""
