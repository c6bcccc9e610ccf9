"""The gallery of mistakes (tfpg/homework/exercises/mistakes/gallery.py)."""
