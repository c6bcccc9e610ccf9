"""One file per claim of the lecture: each makes it run, and says what was found.

A lab uses the library by its public names, as a reader's own code would.
"""

# Each is a function of its own name, (quick, seed) -> Report, in a module of its own name.
LABS = (
    *("broadcast", "divide", "cost", "shift", "baseline", "variance", "optimizers"),
    *("importance", "natural", "errata"),
)
