"""A student's code, judged: exercises, the box it runs in, checks, assignments and grading."""
