"""Does a function do what the lecture asks, and if not, which known mistake is it? See checking.py."""
