"""One file per claim of the lecture: each makes it run, and says what was found."""

# Each is a function of its own name, (quick, seed) -> Report, in a module of its own name.
LABS = (
    *("broadcast", "divide", "cost", "shift", "baseline", "variance", "optimizers"),
    *("importance", "natural", "errata"),
)
