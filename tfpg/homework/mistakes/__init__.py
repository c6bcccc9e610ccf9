"""The gallery of mistakes (tfpg/homework/mistakes/gallery.py)."""
