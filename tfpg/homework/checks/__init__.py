"""Does a function do what the lecture asks, and if not, which known mistake is it?

Three steps that share nothing but plain arrays, so that the middle one can run in another process:
make inputs (exercises), observe what a function does with them (observe), judge (judge).
"""
