"""What can be asked: a file of each topic holds its cases, its right answers and its known mistakes.

catalog.py lists them in the lecture's order. Whether two outputs agree: comparators.py, tolerances.py.
"""
