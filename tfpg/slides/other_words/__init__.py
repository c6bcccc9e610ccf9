"""Pages 29 and 30 as others write them: run, and compared, when they are shown (slides/ways.py)."""
