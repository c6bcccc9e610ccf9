"""One file per claim of the lecture: each makes it run, and says what was found.

Labs use the library by its public names, as a reader's own code would, and exact.py where every
trajectory can be enumerated.
"""

# Each is a function of its own name, (quick, seed) -> Report, in a module of its own name.
LABS = (
    *("broadcast", "divide", "cost", "shift", "baseline", "variance", "optimizers"),
    *("importance", "natural", "errata"),
)
