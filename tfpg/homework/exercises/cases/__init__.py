"""What the functions that are checked are given, and what is right, by closed forms in NumPy."""
