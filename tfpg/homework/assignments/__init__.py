"""Handing out: tasks, variants, blanks and experiments."""
