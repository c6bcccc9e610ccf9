"""Grading: submissions, the sandbox they run in, and reports."""
